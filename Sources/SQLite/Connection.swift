internal import CSQLite

/// One open database file. It belongs to one thread at a time, and the queues see to that.
///
/// Opened for writing it is in WAL mode with `synchronous=FULL` (what was committed is on disk),
/// `secure_delete=ON` (what was deleted is overwritten), foreign keys enforced and temporary tables in memory. Double
/// quotes never mean a string, the schema cannot call outside functions, and ``Authorizer`` watches all SQL.
public final class Connection {
    let database: OpaquePointer
    let state = ConnectionState()
    let authorizer: Authorizer?
    let options: OpenOptions
    var cache = StatementCache()
    let control = TransactionControl()
    let log: WriteAheadLog
    var deadline: ReadDeadline?

    /// The path it was opened with.
    public let path: String

    /// The log shrinks back to this after a checkpoint, when a long read let it grow.
    static let walSizeLimitBytes = 64 * 1024 * 1024

    /// Opens a file. Without ``OpenOptions/create`` a missing file is an error (``SQLiteError/isCannotOpen``).
    public init(path: String, _ options: OpenOptions = .existing) throws(SQLiteError) {
        var opened: OpaquePointer?
        var flags = options.readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        if options.create { flags |= SQLITE_OPEN_CREATE }
        // One thread at a time, so SQLite's own mutex would only cost.
        flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &opened, flags, options.vfs)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(code, on: opened)
            sqlite3_close_v2(opened)
            throw SQLiteError(extendedCode: error.extendedCode, message: "\(error.message): \(path)")
        }
        database = opened
        self.path = path
        self.options = options
        authorizer = options.authorizer ? Authorizer() : nil
        log = WriteAheadLog(autocheckpointPages: options.walAutocheckpointPages)
        do throws(SQLiteError) {
            try configure()
        } catch {
            throw SQLiteError(extendedCode: error.extendedCode, message: "\(error.message): \(path)", sql: error.sql)
        }
    }

    deinit {
        cache.removeAll()
        control.removeAll()
        authorizer?.ignore(database)
        sqlite3_progress_handler(database, 0, nil, nil)
        // The second form: a statement that somebody still holds keeps the handle alive instead of leaking it.
        sqlite3_close_v2(database)
    }

    private func configure() throws(SQLiteError) {
        sqlite3_busy_timeout(database, Int32(clamping: options.busyTimeoutMilliseconds))
        try configure(SQLITE_DBCONFIG_ENABLE_FKEY, 1)
        try configure(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
        try configure(SQLITE_DBCONFIG_DEFENSIVE, 1)
        try configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        try configure(SQLITE_DBCONFIG_DQS_DML, 0)
        try configure(SQLITE_DBCONFIG_DQS_DDL, 0)
        var pragmas = "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-\(options.cacheKiB);"
        if options.readOnly {
            // Only the writer checkpoints, also when a reader happens to be the last to close.
            try configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            // Reading the schema shows now, not at the first query, whether this is a database at all.
            pragmas += "PRAGMA schema_version;"
        } else {
            pragmas += """
                PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; \
                PRAGMA journal_size_limit=\(Self.walSizeLimitBytes); PRAGMA cache_spill=OFF;
                """
            log.watch(database)
        }
        try execute(pragmas)
        authorizer?.watch(database)
    }

    private func configure(_ option: Int32, _ value: Int32) throws(SQLiteError) {
        let code = gyre_sqlite3_db_config(database, option, value)
        guard code == SQLITE_OK else { throw SQLiteError(code, on: database) }
    }

    /// Runs one or several statements without parameters; rows are thrown away. On an error the earlier ones have run.
    public func execute(_ sql: String) throws(SQLiteError) {
        if let lost = state.lostTransaction { throw lost }
        state.hasWritten = true
        let code = sqlite3_exec(database, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, sql: sql) }
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed itself, without triggers and foreign keys.
    public var changes: Int64 { sqlite3_changes64(database) }

    /// All rows changed since the connection was opened.
    public var totalChanges: Int64 { sqlite3_total_changes64(database) }

    public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(database) }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { sqlite3_get_autocommit(database) == 0 }

    /// Makes what runs now fail with ``SQLiteError/isInterrupted``. In a write it rolls the whole transaction back.
    public func interrupt() {
        sqlite3_interrupt(database)
    }

    /// Gives back what memory the page cache can spare.
    public func releaseMemory() {
        sqlite3_db_release_memory(database)
    }

    /// The error of a call on this connection, in the authorizer's words when it was the one to refuse.
    func failure(_ code: Int32, sql: String?) -> SQLiteError {
        var error = SQLiteError(code, on: database, sql: sql)
        if let refusal = authorizer?.refusal {
            authorizer?.refusal = nil
            // A function that is refused is reported as SQLITE_ERROR.
            if error.isNotAuthorized || error.message.hasPrefix("not authorized") {
                error = SQLiteError(extendedCode: SQLITE_AUTH, message: refusal, sql: sql)
            }
        }
        state.note(error, on: database)
        return error
    }
}
