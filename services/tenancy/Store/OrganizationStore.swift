import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Organisations, as rows.
struct OrganizationStore {
    func insert(_ organization: Organization, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "INSERT INTO organizations (id, name, created_at) VALUES (:id, :name, :time)",
            [":id": organization.id, ":name": organization.name, ":time": organization.createdAt])
    }

    func exists(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM organizations WHERE id = :id", [":id": id]) { _ in true } ?? false
    }

    /// The oldest organisations made after `cursor`.
    func list(
        after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Organization] {
        try transaction.all(
            """
            SELECT id, name, created_at FROM organizations
            WHERE id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":cursor": cursor, ":count": count]
        ) { Organization(id: $0.uuid(0), name: $0.text(1), createdAt: $0.timestamp(2)) }
    }
}
