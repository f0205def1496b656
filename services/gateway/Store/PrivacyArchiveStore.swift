import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// Where the copy for a person stands.
struct StoredArchive: Sendable {
    /// How often all of it may be downloaded.
    static let downloads = 5

    let request: UUIDv7
    /// How its passphrase gives its key; nil once it was removed.
    var header: String?
    /// Its key, until it is written.
    var dataKey: [UInt8]?
    /// Nil until it is written.
    var written: Written?
    /// Bytes that were downloaded.
    var served: Int
    var removedAt: Timestamp?

    struct Written: Sendable {
        let bytes: Int
        let sha256: String
        let expiresAt: Timestamp
    }

    /// As callers see it; nil until there is something to see.
    var reply: PrivacyArchive? {
        guard let written else { return nil }
        return PrivacyArchive(
            bytes: written.bytes, sha256: written.sha256, expiresAt: written.expiresAt,
            downloadsLeft: removedAt == nil ? Self.downloads - (served + written.bytes - 1) / written.bytes : 0,
            removedAt: removedAt)
    }
}

/// The copies that people may download.
struct PrivacyArchiveStore {
    func insert(
        _ request: UUIDv7, header: String, dataKey: [UInt8], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO privacy_archives (request, header, data_key) VALUES (:request, :header, :key)",
            [":request": request, ":header": header, ":key": dataKey])
    }

    func find(
        _ request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredArchive? {
        try transaction.one(
            """
            SELECT request, header, data_key, bytes, sha256, expires_at, served, removed_at FROM privacy_archives
            WHERE request = :request
            """, [":request": request], Self.stored)
    }

    /// Those that are still there, with the brand and the actors of their requests.
    func there(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(archive: StoredArchive, brand: UUIDv7, actors: [UUIDv7])] {
        try transaction.all(
            """
            SELECT privacy_archives.request, header, data_key, bytes, sha256, expires_at, served, removed_at,
                privacy_requests.brand, privacy_requests.actors
            FROM privacy_archives JOIN privacy_requests ON privacy_requests.id = privacy_archives.request
            WHERE removed_at IS NULL ORDER BY privacy_archives.request
            """
        ) { row throws(RPCError) in
            let actors = try? [UUIDv7](json: Array(row.text(9).utf8))
            return (try Self.stored(row), row.uuid(8), actors ?? [])
        }
    }

    /// Forgets the key of what is written.
    func keep(
        _ written: StoredArchive.Written, of request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_archives SET data_key = NULL, bytes = :bytes, sha256 = :hash, expires_at = :expires
            WHERE request = :request AND removed_at IS NULL
            """,
            [
                ":bytes": Int64(written.bytes), ":hash": written.sha256, ":expires": written.expiresAt,
                ":request": request,
            ])
    }

    func serve(
        _ bytes: Int, of request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE privacy_archives SET served = served + :bytes WHERE request = :request",
            [":bytes": Int64(bytes), ":request": request])
    }

    /// Forgets how the file opens.
    func remove(
        _ request: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_archives SET header = NULL, data_key = NULL, removed_at = :time
            WHERE request = :request AND removed_at IS NULL
            """, [":time": time, ":request": request])
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredArchive {
        var written: StoredArchive.Written?
        if let hash = row.textOrNil(4) {
            written = StoredArchive.Written(bytes: row.int(3), sha256: hash, expiresAt: row.timestamp(5))
        }
        return StoredArchive(
            request: row.uuid(0), header: row.textOrNil(1), dataKey: row.bytesOrNil(2), written: written,
            served: row.int(6), removedAt: row.timestampOrNil(7))
    }
}
