import CommonAPI
import GatewayAPI
import JSONRPC
import TenancyAPI

/// Reads the audit log and what is known of it, through the platform's own door.
struct AuditReading {
    private static let pageItems = 500

    let admin: SuiteClient

    /// The newest head; nil when none was signed yet.
    func head() async throws(RPCError) -> SignedTreeHead? {
        do throws(RPCError) {
            return try await AuditLog.Client(admin).head(AuditLog.Head.Params())
        } catch {
            guard error.code == RPCError.Code.notFound else { throw error }
            return nil
        }
    }

    /// What the services were told of the log.
    func witnessed() async throws(RPCError) -> [WitnessedHead] {
        let client = AuditWitnesses.Client(admin)
        return try await allPages { cursor throws(RPCError) in
            let page = try await client.list(AuditWitnesses.List.Params(cursor: cursor, limit: Self.pageItems))
            return (page.items, page.nextCursor)
        }
    }

    /// Every entry, in the order of the log.
    func entries(_ body: ([AuditEntry]) throws -> Void) async throws {
        let client = AuditEntries.Client(admin)
        var cursor: String?
        repeat {
            let page = try await client.list(
                AuditEntries.List.Params(cursor: cursor, limit: Self.pageItems, sort: .oldest))
            try body(page.items)
            cursor = page.nextCursor
        } while cursor != nil
    }
}
