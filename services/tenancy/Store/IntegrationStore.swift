import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Integrations with sealed credentials, as rows.
struct IntegrationStore {
    func insert(
        _ integration: Integration, of brand: UUIDv7, sealed: [UInt8], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO integrations (id, brand, kind, name, sealed_credentials, created_at)
            VALUES (:id, :brand, :kind, :name, :sealed, :time)
            """,
            [
                ":id": integration.id, ":brand": brand, ":kind": integration.kind, ":name": integration.name,
                ":sealed": sealed, ":time": integration.createdAt,
            ])
    }

    func count(
        of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM integrations WHERE brand = :brand", [":brand": brand]) { $0.int(0) }
            ?? 0
    }

    func isTaken(
        name: String, in brand: UUIDv7, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM integrations WHERE brand = :brand AND name = :name", [":brand": brand, ":name": name]
        ) { _ in true } ?? false
    }

    /// The kind and the sealed credentials of an integration of a brand.
    func sealed(
        _ id: UUIDv7, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (kind: String, bytes: [UInt8])? {
        try transaction.one(
            "SELECT kind, sealed_credentials FROM integrations WHERE id = :id AND brand = :brand",
            [":id": id, ":brand": brand]
        ) { ($0.text(0), $0.bytes(1)) }
    }

    /// - Returns: whether the brand had it.
    func delete(
        _ id: UUIDv7, of brand: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            "DELETE FROM integrations WHERE id = :id AND brand = :brand", [":id": id, ":brand": brand]) == 1
    }

    /// The oldest integrations of a brand made after `cursor`.
    func list(
        of brand: UUIDv7, after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Integration] {
        try transaction.all(
            """
            SELECT id, kind, name, created_at FROM integrations
            WHERE brand = :brand AND id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count]
        ) { Integration(id: $0.uuid(0), kind: $0.text(1), name: $0.text(2), createdAt: $0.timestamp(3)) }
    }
}
