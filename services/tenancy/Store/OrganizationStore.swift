import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Organisations, as rows.
struct OrganizationStore {
    func insert(_ organization: Organization, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "INSERT INTO organizations (id, name, created_at, version) VALUES (:id, :name, :time, :version)",
            [
                ":id": organization.id, ":name": organization.name, ":time": organization.createdAt,
                ":version": organization.version,
            ])
    }

    /// - Returns: whether the organisation was at `version`, and has changed.
    func rename(
        _ id: UUIDv7, to name: String, expecting version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            "UPDATE organizations SET name = :name, version = version + 1 WHERE id = :id AND version = :version",
            [":name": name, ":id": id, ":version": version]) == 1
    }

    func find(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Organization? {
        try transaction.one(
            "SELECT id, name, created_at, version FROM organizations WHERE id = :id", [":id": id], Self.organization)
    }

    /// The oldest organisations made after `cursor`.
    func list(
        after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Organization] {
        try transaction.all(
            """
            SELECT id, name, created_at, version FROM organizations
            WHERE id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.organization)
    }

    private static func organization(_ row: Statement) -> Organization {
        Organization(id: row.uuid(0), name: row.text(1), createdAt: row.timestamp(2), version: row.int(3))
    }
}
