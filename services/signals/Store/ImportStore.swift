import JSON
import JSONRPC
import Mapping
import OpenSSL
import SQLite
import ServiceContract
import SignalsAPI

/// One import with all that is needed to go on with it.
struct StoredImport: Sendable {
    let number: Int64
    let id: UUIDv7
    let source: String
    let mapping: JSONRaw
    var status: Import.Status
    var receivedBytes: Int
    let totalBytes: Int?
    var rows: Int
    var accepted: Int
    var duplicates: Int
    var rejected: Int
    /// Where the reader of the file stands.
    var reader: CSVReader.State
    /// The chunk taken last, so that it is known when it is sent again.
    var lastChunk: (bytes: Int, hash: SHA256.Digest)?
    let createdAt: Timestamp
    var updatedAt: Timestamp

    /// As callers see it.
    var reply: Import {
        Import(
            id: id, source: source, status: status, receivedBytes: receivedBytes, totalBytes: totalBytes, rows: rows,
            accepted: accepted, duplicates: duplicates, rejected: rejected, createdAt: createdAt, updatedAt: updatedAt)
    }
}

/// Imports and how far each one is.
struct ImportStore: Sendable {
    func insert(
        _ id: UUIDv7, source: String, mapping: JSONRaw, totalBytes: Int?, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO imports (id, source, mapping, status, total_bytes, created_at, updated_at)
            VALUES (:id, :source, :mapping, 'receiving', :total, :time, :time)
            """,
            [":id": id, ":source": source, ":mapping": mapping.description, ":total": totalBytes, ":time": time])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport? {
        try transaction.one(
            """
            SELECT number, id, source, mapping, status, received_bytes, total_bytes, rows, accepted, duplicates, rejected,
                header, carry, carry_offset, carry_line, carry_is_skipped, last_chunk_bytes, last_chunk_hash, created_at,
                updated_at
            FROM imports WHERE id = :id
            """, [":id": id], Self.stored)
    }

    /// Another import of the same source that is still receiving.
    func receiving(
        source: String, besides id: UUIDv7? = nil, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        try transaction.one(
            "SELECT id FROM imports WHERE status = 'receiving' AND source = :source AND id IS NOT :id",
            [":source": source, ":id": id]
        ) { $0.uuid(0) }
    }

    /// Keeps how far an import is.
    func update(_ stored: StoredImport, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE imports SET status = :status, received_bytes = :received, rows = :rows, accepted = :accepted,
                duplicates = :duplicates, rejected = :rejected, header = :header, carry = :carry,
                carry_offset = :carryOffset, carry_line = :carryLine, carry_is_skipped = :carryIsSkipped,
                last_chunk_bytes = :chunkBytes, last_chunk_hash = :chunkHash, updated_at = :time
            WHERE number = :number
            """,
            [
                ":status": stored.status.rawValue, ":received": stored.receivedBytes, ":rows": stored.rows,
                ":accepted": stored.accepted, ":duplicates": stored.duplicates, ":rejected": stored.rejected,
                ":header": stored.reader.header.map { String(decoding: $0.json(), as: UTF8.self) },
                ":carry": stored.reader.carry, ":carryOffset": stored.reader.byteOffset,
                ":carryLine": stored.reader.line, ":carryIsSkipped": stored.reader.isSkipping,
                ":chunkBytes": stored.lastChunk?.bytes ?? 0, ":chunkHash": stored.lastChunk?.hash.bytes,
                ":time": stored.updatedAt, ":number": stored.number,
            ])
    }

    /// Imports made before `number`, newest first, as callers see them and with their numbers.
    func list(
        before number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int64, item: Import)] {
        try transaction.all(
            """
            SELECT number, id, source, status, received_bytes, total_bytes, rows, accepted, duplicates, rejected,
                created_at, updated_at
            FROM imports WHERE number < :number ORDER BY number DESC LIMIT :limit
            """, [":number": number, ":limit": limit]
        ) { row throws(RPCError) in
            let item = Import(
                id: row.uuid(1), source: row.text(2), status: try Self.status(row.text(3)), receivedBytes: row.int(4),
                totalBytes: row.isNull(5) ? nil : row.int(5), rows: row.int(6), accepted: row.int(7),
                duplicates: row.int(8), rejected: row.int(9), createdAt: row.timestamp(10),
                updatedAt: row.timestamp(11))
            return (row.int64(0), item)
        }
    }

    /// Imports that are in the middle of a row.
    func unfinished(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredImport] {
        try transaction.all(
            """
            SELECT number, id, source, mapping, status, received_bytes, total_bytes, rows, accepted, duplicates, rejected,
                header, carry, carry_offset, carry_line, carry_is_skipped, last_chunk_bytes, last_chunk_hash, created_at,
                updated_at
            FROM imports WHERE status = 'receiving' AND carry <> x''
            """, [:], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredImport {
        let mapping: JSONRaw
        var header: [String]?
        do {
            mapping = try JSONRaw(validating: Array(row.text(3).utf8))
            if let text = row.textOrNil(11) { header = try [String](json: Array(text.utf8)) }
        } catch {
            throw .internalError("The import \(row.uuid(1)) holds what is no JSON: \(error).")
        }
        let hash = row.bytesOrNil(17).flatMap { SHA256.Digest($0) }
        return StoredImport(
            number: row.int64(0), id: row.uuid(1), source: row.text(2), mapping: mapping,
            status: try status(row.text(4)), receivedBytes: row.int(5), totalBytes: row.isNull(6) ? nil : row.int(6),
            rows: row.int(7), accepted: row.int(8), duplicates: row.int(9), rejected: row.int(10),
            reader: CSVReader.State(
                carry: row.bytes(12), line: row.int(14), byteOffset: row.int(13), header: header,
                isSkipping: row.bool(15)),
            lastChunk: hash.map { (row.int(16), $0) }, createdAt: row.timestamp(18), updatedAt: row.timestamp(19))
    }

    private static func status(_ text: String) throws(RPCError) -> Import.Status {
        guard let status = Import.Status(rawValue: text) else {
            throw .internalError("An import has the unknown status '\(text)'.")
        }
        return status
    }
}
