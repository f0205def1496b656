import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import Synchronization
import TenancyAPI

@testable import GatewayService

/// A member of staff, for a tenancy that knows only them.
final class FakeStaff: Sendable {
    static let password = "correct horse battery"

    let token = StaffToken(.session, random: Array(repeating: 9, count: StaffToken.randomByteCount))
    let session = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
    let scopes: [String]
    let brandName: String
    private let state = Mutex((calls: [String](), hasEnded: false, isLockedOut: false))

    init(scopes: [String] = StaffPage.scopes, brandName: String = "Corner Shop") {
        self.scopes = scopes
        self.brandName = brandName
    }

    /// The methods that were called, but for proofs.
    var calls: [String] { state.withLock { $0.calls } }

    func end() { state.withLock { $0.hasEnded = true } }
    func lockOut() { state.withLock { $0.isLockedOut = true } }

    private var record: SessionRecord {
        SessionRecord(
            id: session, userId: session, brandId: GatewayUnderTest.brand, scopes: scopes,
            createdAt: Timestamp(microseconds: 0), expiresAt: Timestamp(microseconds: 4_000_000_000_000_000))
    }

    /// Nil for a method that is not staff's business.
    func answer(_ method: String, _ params: JSONValue) -> Result<any JSONWritable, RPCError>? {
        if method != "sessions.verify" && method != "keys.verify" { state.withLock { $0.calls.append(method) } }
        switch method {
        case "sessions.create": return create(params)
        case "sessions.verify":
            let isRight = params["kid"]?.string == token.kid && params["secret"]?.string == token.secret
            let isKnown = isRight && !state.withLock { $0.hasEnded }
            return .success(
                Sessions.Verify.Reply(record: isKnown ? record : nil, scopes: isKnown ? scopes : [], epoch: 1))
        case "sessions.list": return .success(Sessions.List.Reply(items: [record]))
        case "sessions.end":
            end()
            return .success(Sessions.End.Reply(endedAt: Timestamp(microseconds: 1)))
        case "brands.get": return .success(brand)
        case "brands.list": return .success(Brands.List.Reply(items: [brand]))
        case "users.list":
            return .success(
                Users.List.Reply(items: [
                    User(
                        id: session, email: "ada@example.org", name: "Ada <b>", role: .owner, status: .active,
                        hasAuthenticator: false, createdAt: Timestamp(microseconds: 0), version: 1)
                ]))
        case "keys.list":
            return .success(
                Keys.List.Reply(items: [
                    Key(
                        id: session, brandId: GatewayUnderTest.brand, kid: "k7Qm2xTz",
                        name: "<script>alert(1)</script>",
                        mode: .live, scopes: ["signals:write"], allowedIndustries: [], allowedSegments: [],
                        ratePerSecond: 1, burst: 1, bucketId: session, status: .active,
                        createdAt: Timestamp(microseconds: 0), requests: 12_345, tokens: 0, version: 1)
                ]))
        case "auditLog.head":
            return .success(
                SignedTreeHead(
                    treeSize: 1_234, rootHash: String(repeating: "ab", count: 32),
                    timestamp: Timestamp(microseconds: 0), keyId: String(repeating: "cd", count: 32),
                    publicKey: String(repeating: "ef", count: 32), signature: String(repeating: "01", count: 64)))
        default: return nil
        }
    }

    private func create(_ params: JSONValue) -> Result<any JSONWritable, RPCError> {
        if state.withLock({ $0.isLockedOut }) {
            return .failure(
                RPCError(
                    code: RPCError.Code.rateLimited,
                    message: "There were 5 attempts for this address; try again after 2026-01-01T00:15:00Z."))
        }
        guard params["email"]?.string == "ada@example.org", params["password"]?.string == Self.password else {
            return .failure(.unauthenticated("Brand, address, password or code is not right."))
        }
        return .success(Sessions.Create.Reply(token: token.text, record: record))
    }

    private var brand: Brand {
        guard let euro = Currency("EUR") else { fatalError("EUR is a currency") }
        return Brand(
            id: GatewayUnderTest.brand, organizationId: session, name: brandName, industry: .retail, mode: .live,
            timeZone: "UTC", currency: euro, status: .active, createdAt: Timestamp(microseconds: 0), version: 1)
    }
}
