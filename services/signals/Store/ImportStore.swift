import JSON
import JSONRPC
import Mapping
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// One import with all that is needed to go on with it.
struct StoredImport: Sendable {
    let number: Int64
    let source: String
    var mapping: JSONRaw
    /// How many bytes were taken, of how many.
    var job: StoredJob
    /// The job that last tried its rejected rows again.
    var replay: UUIDv7?
    var rows: Int
    var accepted: Int
    var duplicates: Int
    var rejected: Int
    /// Where the reader of the file stands.
    var reader: CSVReader.State
    /// The chunk taken last, so that it is known when it is sent again.
    var lastChunk: (bytes: Int, hash: SHA256.Digest)?

    var id: UUIDv7 { job.id }

    var status: Import.Status {
        switch job.status {
        case .running: .receiving
        case .completed: .completed
        case .failed, .cancelled: .cancelled
        }
    }

    /// As callers see it.
    var reply: Import {
        Import(
            id: id, source: source, status: status, receivedBytes: job.done, totalBytes: job.total, rows: rows,
            accepted: accepted, duplicates: duplicates, rejected: rejected, createdAt: job.createdAt,
            updatedAt: job.updatedAt)
    }
}

/// Imports and how far each one is.
struct ImportStore: Sendable {
    private let jobs = JobStore()

    func insert(
        _ job: StoredJob, source: String, mapping: JSONRaw, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO imports (id, source, mapping) VALUES (:id, :source, :mapping)",
            [":id": job.id, ":source": source, ":mapping": mapping.description])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport? {
        try transaction.one(
            """
            SELECT id, number, source, mapping, replay, rows, accepted, duplicates, rejected, header, carry,
                carry_offset, carry_line, carry_is_skipped, last_chunk_bytes, last_chunk_hash
            FROM imports WHERE id = :id
            """, [":id": id]
        ) { row throws(RPCError) in try stored(row, in: transaction) }
    }

    /// An import of the same source that is still receiving, or trying rows again.
    func underWay(
        source: String, besides id: UUIDv7? = nil, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        try transaction.one(
            """
            SELECT imports.id FROM jobs JOIN imports ON jobs.id IN (imports.id, imports.replay)
            WHERE jobs.status = 'running' AND imports.source = :source AND imports.id IS NOT :id
            """, [":source": source, ":id": id]
        ) { $0.uuid(0) }
    }

    /// Keeps how far an import is.
    func update(_ stored: StoredImport, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try jobs.update(stored.job, in: transaction)
        try transaction.run(
            """
            UPDATE imports SET mapping = :mapping, replay = :replay, rows = :rows, accepted = :accepted,
                duplicates = :duplicates, rejected = :rejected, header = :header, carry = :carry,
                carry_offset = :carryOffset, carry_line = :carryLine, carry_is_skipped = :carryIsSkipped,
                last_chunk_bytes = :chunkBytes, last_chunk_hash = :chunkHash
            WHERE number = :number
            """,
            [
                ":mapping": stored.mapping.description, ":replay": stored.replay, ":rows": stored.rows,
                ":accepted": stored.accepted, ":duplicates": stored.duplicates, ":rejected": stored.rejected,
                ":header": stored.reader.header.map { String(decoding: $0.json(), as: UTF8.self) },
                ":carry": stored.reader.carry, ":carryOffset": stored.reader.byteOffset,
                ":carryLine": stored.reader.line, ":carryIsSkipped": stored.reader.isSkipping,
                ":chunkBytes": stored.lastChunk?.bytes ?? 0, ":chunkHash": stored.lastChunk?.hash.bytes,
                ":number": stored.number,
            ])
    }

    /// Imports made before `number`, newest first.
    func list(
        before number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredImport] {
        try transaction.all(
            """
            SELECT id, number, source, mapping, replay, rows, accepted, duplicates, rejected, header, carry,
                carry_offset, carry_line, carry_is_skipped, last_chunk_bytes, last_chunk_hash
            FROM imports WHERE number < :number ORDER BY number DESC LIMIT :limit
            """, [":number": number, ":limit": limit]
        ) { row throws(RPCError) in try stored(row, in: transaction) }
    }

    /// Imports that are in the middle of a row.
    func unfinished(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredImport] {
        try transaction.all(
            """
            SELECT id, number, source, mapping, replay, rows, accepted, duplicates, rejected, header, carry,
                carry_offset, carry_line, carry_is_skipped, last_chunk_bytes, last_chunk_hash
            FROM imports WHERE carry <> x''
            """
        ) { row throws(RPCError) in try stored(row, in: transaction) }
    }

    private func stored(
        _ row: Statement, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport {
        guard let job = try jobs.find(row.uuid(0), in: transaction) else {
            throw .internalError("The import \(row.uuid(0)) has no job.")
        }
        let mapping: JSONRaw
        var header: [String]?
        do {
            mapping = try JSONRaw(validating: Array(row.text(3).utf8))
            if let text = row.textOrNil(9) { header = try [String](json: Array(text.utf8)) }
        } catch {
            throw .internalError("The import \(job.id) holds what is no JSON: \(error).")
        }
        let hash = row.bytesOrNil(15).flatMap { SHA256.Digest($0) }
        return StoredImport(
            number: row.int64(1), source: row.text(2), mapping: mapping, job: job,
            replay: row.isNull(4) ? nil : row.uuid(4), rows: row.int(5), accepted: row.int(6), duplicates: row.int(7),
            rejected: row.int(8),
            reader: CSVReader.State(
                carry: row.bytes(10), line: row.int(12), byteOffset: row.int(11), header: header,
                isSkipping: row.bool(13)),
            lastChunk: hash.map { (row.int(14), $0) })
    }
}
