import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// The entries of the audit log, as rows.
struct AuditStore {
    /// How many entries there are: the index of the next one.
    func size(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT coalesce(max(leaf_index) + 1, 0) FROM audit_entries") { $0.int(0) } ?? 0
    }

    func exists(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM audit_entries WHERE id = :id", [":id": id]) { _ in true } ?? false
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> AuditEntry? {
        try transaction.one(
            """
            SELECT leaf_index, id, at, service, principal, brand, method, ids, fields, hash, next_key
            FROM audit_entries LEFT JOIN audit_nodes ON level = 0 AND position = leaf_index WHERE id = :id
            """, [":id": id], Self.entry)
    }

    func insert(_ entry: AuditEntry, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO audit_entries (leaf_index, id, at, service, principal, brand, method, ids, fields, next_key)
            VALUES (:index, :id, :at, :service, :principal, :brand, :method, :ids, :fields, :next)
            """,
            [
                ":index": entry.leafIndex, ":id": entry.id, ":at": entry.at, ":service": entry.service,
                ":principal": entry.principal, ":brand": entry.brandId, ":method": entry.method,
                ":ids": Self.text(entry.ids), ":fields": Self.text(entry.fields),
                ":next": entry.nextKey.map(Self.text),
            ])
    }

    /// The newest entries before `cursor`, newest first.
    func list(
        before cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [AuditEntry] {
        try transaction.all(
            """
            SELECT leaf_index, id, at, service, principal, brand, method, ids, fields, hash, next_key
            FROM audit_entries LEFT JOIN audit_nodes ON level = 0 AND position = leaf_index
            WHERE leaf_index < coalesce(:cursor, 9223372036854775807) ORDER BY leaf_index DESC LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.entry)
    }

    /// The newest entries that concern a brand before `cursor`, newest first.
    func list(
        of brand: UUIDv7, before cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [AuditEntry] {
        try transaction.all(
            """
            SELECT leaf_index, id, at, service, principal, brand, method, ids, fields, hash, next_key
            FROM audit_entries LEFT JOIN audit_nodes ON level = 0 AND position = leaf_index
            WHERE brand = :brand AND leaf_index < coalesce(:cursor, 9223372036854775807)
            ORDER BY leaf_index DESC LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count], Self.entry)
    }

    /// The oldest entries from `cursor` on, in the order of the log.
    func list(
        from cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [AuditEntry] {
        try transaction.all(
            """
            SELECT leaf_index, id, at, service, principal, brand, method, ids, fields, hash, next_key
            FROM audit_entries LEFT JOIN audit_nodes ON level = 0 AND position = leaf_index
            WHERE leaf_index >= coalesce(:cursor, 0) ORDER BY leaf_index LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.entry)
    }

    /// The oldest entries that concern a brand from `cursor` on, in the order of the log.
    func list(
        of brand: UUIDv7, from cursor: Int64?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [AuditEntry] {
        try transaction.all(
            """
            SELECT leaf_index, id, at, service, principal, brand, method, ids, fields, hash, next_key
            FROM audit_entries LEFT JOIN audit_nodes ON level = 0 AND position = leaf_index
            WHERE brand = :brand AND leaf_index >= coalesce(:cursor, 0) ORDER BY leaf_index LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count], Self.entry)
    }

    /// An entry whose hash is missing, as nothing of Gyre's leaves it, shows zeros: whoever verifies it finds out.
    private static let noHash = Hexadecimal.encode([UInt8](repeating: 0, count: MerkleTree.Hash.byteCount))

    /// Arrays that are none, as nothing of Gyre's leaves them either, show empty, for the same reason.
    private static func entry(_ row: Statement) -> AuditEntry {
        AuditEntry(
            id: row.uuid(1), at: row.timestamp(2), service: row.text(3), principal: row.text(4),
            brandId: row.uuidOrNil(5), method: row.text(6), ids: (try? [UUIDv7](json: Array(row.text(7).utf8))) ?? [],
            fields: (try? [String](json: Array(row.text(8).utf8))) ?? [],
            nextKey: succession(row, 10), leafIndex: row.int(0),
            leafHash: row.bytesOrNil(9).map { Hexadecimal.encode($0) } ?? noHash)
    }

    /// One that is none shows as absent, for the same reason.
    private static func succession(_ row: Statement, _ column: Int32) -> KeySuccession? {
        row.textOrNil(column).flatMap { try? KeySuccession(json: Array($0.utf8)) }
    }

    /// How the key was replaced in the entries of a stretch, oldest first.
    func successions(
        _ stretch: Range<Int>, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [KeySuccession] {
        try transaction.all(
            """
            SELECT next_key FROM audit_entries
            WHERE next_key IS NOT NULL AND leaf_index >= :from AND leaf_index < :to ORDER BY leaf_index
            """, [":from": stretch.lowerBound, ":to": stretch.upperBound]
        ) { Self.succession($0, 0) }.compactMap(\.self)
    }

    /// How the key was replaced last; nil: never.
    func newestSuccession(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> KeySuccession? {
        let newest = try transaction.one(
            "SELECT next_key FROM audit_entries WHERE next_key IS NOT NULL ORDER BY leaf_index DESC LIMIT 1"
        ) { Self.succession($0, 0) }
        return newest ?? nil
    }

    private static func text(_ array: some JSONWritable) -> String {
        String(decoding: array.json(), as: UTF8.self)
    }
}
