internal import CSQLite

/// The open connections of one thread: the least recently used goes when there are too many.
///
/// Nothing that waits is lost with it: a queue holds works by file, and the file is opened again for its turn.
final class ThreadConnections {
    private struct Entry {
        var connection: Connection
        var lastUse: UInt64
        /// Whether its cache was emptied since.
        var isEmptied = false
    }

    private let limit: Int
    private let open: @Sendable (DatabaseFile) throws(SQLiteError) -> Connection
    private var entries: [DatabaseFile: Entry] = [:]
    private var clock: UInt64 = 0

    init(limit: Int, open: @escaping @Sendable (DatabaseFile) throws(SQLiteError) -> Connection) {
        precondition(limit >= 1, "a thread needs room for one connection")
        self.limit = limit
        self.open = open
    }

    var count: Int { entries.count }

    /// The connection of a file, opened if it is not.
    func connection(for file: DatabaseFile) throws(SQLiteError) -> Connection {
        clock += 1
        if let position = entries.index(forKey: file) {
            entries.values[position].lastUse = clock
            entries.values[position].isEmptied = false
            return entries.values[position].connection
        }
        // Before opening, so that the limit holds for descriptors at every moment.
        if entries.count >= limit { closeLeastRecentlyUsed(keeping: nil) }
        let connection = try open(file)
        entries[file] = Entry(connection: connection, lastUse: clock)
        return connection
    }

    /// The connection of a file if it is open.
    func openConnection(for file: DatabaseFile) -> Connection? { entries[file]?.connection }

    func close(_ file: DatabaseFile) {
        entries.removeValue(forKey: file)
    }

    func closeAll() {
        entries.removeAll()
    }

    /// After a turn: while SQLite uses more than three quarters of its soft limit, one other connection makes room. Its
    /// cache is emptied, the one first that was used least recently: pages are soon read again, while a file that is
    /// opened again costs some milliseconds. Only when all of them are empty is one closed.
    func relieveMemory(
        after file: DatabaseFile, used: Int64 = SQLiteMemory.usedBytes, limit: Int64 = SQLiteMemory.softLimitBytes
    ) {
        guard limit > 0, entries.count > 1, used > limit / 4 * 3 else { return }
        let full = entries.filter { $0.key != file && !$0.value.isEmptied }
        guard let oldest = full.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return closeLeastRecentlyUsed(keeping: file)
        }
        oldest.value.connection.releaseMemory()
        entries[oldest.key]?.isEmptied = true
    }

    /// After an error: a connection whose file is damaged, gone, replaced or failing is opened anew next time.
    func review(_ error: SQLiteError, of file: DatabaseFile) {
        switch error.code {
        case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PROTOCOL: close(file)
        default: break
        }
    }

    private func closeLeastRecentlyUsed(keeping kept: DatabaseFile?) {
        let oldest = entries.filter { $0.key != kept }.min { $0.value.lastUse < $1.value.lastUse }
        if let oldest { entries.removeValue(forKey: oldest.key) }
    }
}
