import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import Mustache
import ServiceContract
import ServiceKit
import TenancyAPI

/// What a member of staff who is signed in sees of their brand: privacy requests and their deadlines, keys, and the head
/// of the audit log, each where their role allows.
struct StaffPage: Sendable {
    /// What a session from the page may ask for, where the role may.
    static let scopes = [
        "audit:read", "experiments:read", "keys:read", "privacyRequests:read", "sessions:read", "sessions:write",
    ]
    /// Keys, and privacy requests, that are shown.
    static let maximumItems = 50
    /// Open requests that are looked at, to find the most urgent.
    static let maximumOpen = 5_000
    /// From so many days before its deadline on a request stands out.
    static let nearDays: Int64 = 7

    struct Content {
        struct Request {
            let id: String
            let kind: String
            let regulation: String
            let status: String
            let receivedAt: String
            let due: String
            let isPressing: Bool
        }

        struct Key {
            let name: String
            let kid: String
            let scopes: String
            let status: String
            let isActive: Bool
            let requests: String
            let lastUsedAt: String
        }

        struct Head {
            let entries: String
            let signedAt: String
            let rootHash: String
            let publicKey: String
        }

        let brand: String
        let maySeeRequests: Bool
        let requests: [Request]
        let hasRequests: Bool
        let maySeeKeys: Bool
        let keys: [Key]
        let hasKeys: Bool
        let maySeeAudit: Bool
        let head: Head?
        let isWithoutAnything: Bool
        let more: String?
    }

    private let clock: ServiceKit.Clock
    private let template: MustacheTemplate

    init(clock: ServiceKit.Clock) throws {
        self.clock = clock
        template = try MustacheTemplate(html: Self.source)
    }

    /// - Parameter door: calls with the session's token.
    /// - Throws: what keeps a service from answering.
    func section(_ staff: StaffBar.SignedIn, _ door: DoorClient) async throws(RPCError) -> String {
        template.render(try await content(staff, door))
    }

    private func content(_ staff: StaffBar.SignedIn, _ door: DoorClient) async throws(RPCError) -> Content {
        let maySeeRequests = staff.may(PrivacyRequests.List.method)
        let maySeeKeys = staff.may(Keys.List.method)
        let maySeeAudit = staff.may(AuditLog.Head.method)
        var (requests, keys, isCut) = ([PrivacyRequest](), [Key](), false)
        if maySeeRequests {
            requests = try await Self.requests(door)
            isCut = requests.count > Self.maximumItems
            requests = Array(requests.prefix(Self.maximumItems))
        }
        if maySeeKeys {
            let page = try await Keys.Client(door).list(.init(limit: Self.maximumItems))
            keys = page.items
            isCut = isCut || page.nextCursor != nil
        }
        return Content(
            brand: staff.brand, maySeeRequests: maySeeRequests, requests: requests.map(shown),
            hasRequests: !requests.isEmpty, maySeeKeys: maySeeKeys,
            keys: keys.map(Self.shown), hasKeys: !keys.isEmpty, maySeeAudit: maySeeAudit,
            head: maySeeAudit ? try await head(door) : nil,
            isWithoutAnything: !maySeeRequests && !maySeeKeys && !maySeeAudit,
            more: isCut ? "Only \(Self.maximumItems) of each are shown; gyre lists them all." : nil)
    }

    /// Those that are open, and the newest that have ended; one more than are shown when there are more.
    private static func requests(_ door: DoorClient) async throws(RPCError) -> [PrivacyRequest] {
        let client = PrivacyRequests.Client(door)
        var requests: [PrivacyRequest] = []
        for status in PrivacyStatus.allCases where !PrivacyTransitions.following(status).isEmpty {
            var cursor: String?
            // The oldest come last, and are the most urgent.
            repeat {
                let page = try await client.list(.init(cursor: cursor, limit: 500, status: status))
                requests += page.items
                cursor = page.nextCursor
            } while cursor != nil && requests.count < maximumOpen
        }
        let newest = try await client.list(.init(limit: maximumItems + 1)).items
        return sorted(requests + newest.filter { $0.endedAt != nil })
    }

    /// Nil while nothing has been recorded.
    private func head(_ door: DoorClient) async throws(RPCError) -> Content.Head? {
        do throws(RPCError) {
            let head = try await AuditLog.Client(door).head(.init())
            return Content.Head(
                entries: StatusPage.grouped(head.treeSize), signedAt: StatusPage.readable(head.timestamp),
                rootHash: head.rootHash, publicKey: head.publicKey)
        } catch {
            guard error.code == RPCError.Code.notFound else { throw error }
            return nil
        }
    }

    /// Open requests first, the most urgent of them on top; then the others, the newest first.
    static func sorted(_ requests: [PrivacyRequest]) -> [PrivacyRequest] {
        func end(_ request: PrivacyRequest) -> Int64 { request.dueAt?.microseconds ?? .max }
        let open = requests.filter { $0.endedAt == nil }.sorted { end($0) < end($1) }
        return open + requests.filter { $0.endedAt != nil }
    }

    private func shown(_ request: PrivacyRequest) -> Content.Request {
        let days = request.dueAt.map { due in
            let left = due.microseconds - clock.now().microseconds
            return left < 0 ? -1 : left / 86_400_000_000
        }
        let isOpen = request.endedAt == nil
        var due = request.dueAt.map { StatusPage.readable($0) } ?? ""
        if isOpen, let days { due += Self.distance(days) }
        return Content.Request(
            id: "\(request.id)", kind: Self.words(request.kind.rawValue), regulation: request.regulation.rawValue,
            status: request.status.rawValue + (request.reason.map { ": " + Self.words($0.rawValue) } ?? ""),
            receivedAt: StatusPage.readable(request.receivedAt), due: due,
            isPressing: isOpen && (days ?? .max) < Self.nearDays)
    }

    /// optOutOfSale as "opt out of sale".
    static func words(_ name: String) -> String {
        name.map { $0.isUppercase ? " " + $0.lowercased() : String($0) }.joined()
    }

    /// How far away a deadline is, in whole days begun: ", in 3 days", ", today", ", late".
    static func distance(_ days: Int64) -> String {
        switch days {
        case ..<0: ", late"
        case 0: ", within a day"
        case 1: ", in 1 day"
        default: ", in \(days) days"
        }
    }

    private static func shown(_ key: Key) -> Content.Key {
        Content.Key(
            name: key.name, kid: "gy_\(key.mode.rawValue)_\(key.kid)…", scopes: key.scopes.joined(separator: ", "),
            status: key.status.rawValue, isActive: key.status == .active, requests: StatusPage.grouped(key.requests),
            lastUsedAt: key.lastUsedAt.map { StatusPage.readable($0) } ?? "never")
    }
}
