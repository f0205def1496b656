import CommonAPI
import OpenSSL
import SQLite
import ServiceContract

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Copies one database as it is at one moment, while others read and write it.
enum DatabaseSnapshot {
    /// 4 MiB, then others have a turn.
    private static let pagesPerStep: Int32 = 1_024
    private static let pauseMicroseconds: UInt32 = 500

    /// Blocks until the copy is on disk.
    static func write(
        _ file: DatabaseFile, named name: String, to directory: String
    ) throws(any Error) -> DatabaseCopy {
        let path = directory + "/" + name
        let connection = try Connection(path: file.path, OpenOptions(readOnly: true, cacheKiB: 2 << 10))
        let known = try connection.transaction(.deferred) {
            let incarnation = try text("SELECT incarnation FROM ground", connection)
            let lastMessage = try number("SELECT max(seq) FROM sqlite_sequence WHERE name = 'outbox'", connection)
            let migration = try Migrator.newestStep(in: connection) ?? ""
            try connection.backup(to: path, pagesPerStep: pagesPerStep) { () throws(SQLiteError) in
                usleep(pauseMicroseconds)
            }
            return (incarnation: incarnation, lastMessage: lastMessage, migration: migration)
        }
        guard let content = FileBytes.digest(path), FileBytes.syncDirectory(of: path) else {
            throw StorageError(description: "\(path) cannot be read right after it was written.")
        }
        return DatabaseCopy(
            file: name, bytes: content.bytes, sha256: content.hash, incarnation: known.incarnation,
            migration: known.migration, lastMessage: known.lastMessage)
    }

    private static func text(_ sql: String, _ connection: Connection) throws(SQLiteError) -> String {
        let statement = try connection.prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.text(0) : ""
    }

    private static func number(_ sql: String, _ connection: Connection) throws(SQLiteError) -> Int {
        let statement = try connection.prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }
}

extension FileBytes {
    /// How long a file is, or nil when there is none.
    static func length(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// The length and the SHA-256 hash of what is in a file, or nil when it cannot be read or synced.
    static func digest(_ path: String) -> (bytes: Int, hash: String)? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { return nil }
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var bytes = 0
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return (bytes, hash.finish().description) }
            chunk.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += count
        }
    }
}
