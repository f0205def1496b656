import GatewayAPI
import JSON
import JSONRPC
import Mustache
import ServiceContract
import TenancyAPI

/// The first line of what staff see: where to go, who they are, the way out.
struct StaffBar: Sendable {
    /// Who is signed in, and where.
    struct SignedIn {
        let who: String
        let role: String?
        let brand: String
        let until: String
        let formToken: String
        /// What the session may do.
        let scopes: Set<String>

        func may(_ method: MethodDescription) -> Bool { method.scope.map { scopes.contains($0) } ?? true }
    }

    private struct Content {
        let who: String
        let role: String?
        let brand: String
        let until: String
        let formToken: String
    }

    private let brands: Brands.Client
    private let users: Users.Client
    private let template: MustacheTemplate

    init(tenancy: any JSONRPCClient) throws {
        brands = Brands.Client(tenancy)
        users = Users.Client(tenancy)
        template = try MustacheTemplate(html: Self.source)
    }

    func section(_ staff: SignedIn) -> String {
        template.render(
            Content(
                who: staff.who, role: staff.role, brand: staff.brand, until: staff.until, formToken: staff.formToken))
    }

    /// - Parameters:
    ///   - door: calls with the session's token.
    ///   - formToken: goes into the form that ends the session.
    /// - Throws: unauthenticated when the session has ended, or what keeps a service from answering.
    func signedIn(
        _ session: PageCookies.Session, _ door: DoorClient, formToken: String
    ) async throws(RPCError) -> SignedIn {
        let grant = try await GatewayAPI.Session.Client(door).authenticate(.init(key: session.token))
        guard let record = try await Sessions.Client(door).list(.init()).items.first(where: { $0.id == session.id })
        else { throw .sessionUnknown }
        let admin = CallContext(brand: grant.brandId, principal: "admin", deadlineMilliseconds: 2_000)
        let brand = try await brands.get(.init(id: grant.brandId), for: admin)
        let user = try await user(record.userId, admin)
        return SignedIn(
            who: user?.name ?? user?.email ?? "\(record.userId)", role: user?.role.rawValue, brand: brand.name,
            until: StatusPage.readable(record.expiresAt), formToken: formToken, scopes: Set(grant.scopes))
    }

    /// Who the session is of.
    private func user(_ id: UUIDv7, _ admin: CallContext) async throws(RPCError) -> User? {
        var cursor: String?
        repeat {
            let page = try await users.list(.init(cursor: cursor, limit: 500), for: admin)
            if let user = page.items.first(where: { $0.id == id }) { return user }
            cursor = page.nextCursor
        } while cursor != nil
        return nil
    }

    private static let source = #"""
        <nav>
        <a href="/">Overview</a> <a href="/experiments">Experiments</a>
        <span class="quiet">{{who}}{{#role}}, {{.}}{{/role}} of {{brand}}, until {{until}}</span>
        <form method="post" action="/sign-out"><input type="hidden" name="token" value="{{formToken}}"><button>Sign out</button></form>
        </nav>
        """#
}
