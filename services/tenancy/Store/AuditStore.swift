import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import TenancyAPI

/// The audit trail, as rows.
struct AuditStore {
    /// An entry and its place in the trail.
    struct Row {
        let sequence: Int64
        let entry: AuditEntry
    }

    /// Appends an entry. One that is there already, as after a restore, is left alone.
    func insert(
        _ message: AuditEntryMessage, brand: UUIDv7?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO audit_entries (id, at, service, principal, brand, method, ids, fields)
            VALUES (:id, :at, :service, :principal, :brand, :method, :ids, :fields) ON CONFLICT (id) DO NOTHING
            """,
            [
                ":id": message.id, ":at": message.at, ":service": message.service, ":principal": message.principal,
                ":brand": brand, ":method": message.method, ":ids": Self.text(message.ids),
                ":fields": Self.text(message.fields),
            ])
    }

    /// The newest entries before `cursor`.
    func list(
        before cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Row] {
        try transaction.all(
            """
            SELECT sequence, id, at, service, principal, brand, method, ids, fields FROM audit_entries
            WHERE sequence < coalesce(:cursor, 9223372036854775807) ORDER BY sequence DESC LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.row)
    }

    /// The newest entries that concern a brand before `cursor`.
    func list(
        of brand: UUIDv7, before cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Row] {
        try transaction.all(
            """
            SELECT sequence, id, at, service, principal, brand, method, ids, fields FROM audit_entries
            WHERE brand = :brand AND sequence < coalesce(:cursor, 9223372036854775807)
            ORDER BY sequence DESC LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count], Self.row)
    }

    private static func row(_ row: Statement) throws(RPCError) -> Row {
        guard let ids = try? [UUIDv7](json: Array(row.text(7).utf8)),
            let fields = try? [String](json: Array(row.text(8).utf8))
        else { throw .internalError("The audit entry \(row.int64(0)) is not of its form.") }
        return Row(
            sequence: row.int64(0),
            entry: AuditEntry(
                id: row.uuid(1), at: row.timestamp(2), service: row.text(3), principal: row.text(4),
                brandId: row.uuidOrNil(5), method: row.text(6), ids: ids, fields: fields))
    }

    private static func text(_ array: some JSONWritable) -> String {
        String(decoding: array.json(), as: UTF8.self)
    }
}
