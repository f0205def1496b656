internal import CSQLite

extension Connection {
    /// Runs `body` with the authorizer lifted: ATTACH, VACUUM and every PRAGMA work. For maintenance only.
    public func withoutAuthorizer<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        guard let authorizer else { return try body() }
        return try authorizer.lifted(on: database, body)
    }

    /// Writes the whole log into the database and cuts it to nothing, so that no byte of it is left.
    ///
    /// Not inside a transaction. It waits for readers up to the busy timeout and then fails with
    /// ``SQLiteError/isBusy``.
    public func checkpointTruncate() throws(SQLiteError) {
        let code = sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, sql: nil) }
        log.wasTruncated()
    }

    /// Writes the whole database anew. It needs the size of the database twice over on disk, and no transaction.
    public func vacuum() throws(SQLiteError) {
        try spillingCache { () throws(SQLiteError) in
            try withoutAuthorizer { () throws(SQLiteError) in try execute("VACUUM") }
        }
    }

    /// Runs `body` so that a transaction larger than the cache goes to disk before its commit, instead of staying in
    /// memory. Only for transactions that are rolled back as a whole or not at all.
    ///
    /// Elsewhere `cache_spill` is off, because of an error of SQLite (in 3.40, which Debian 12 has; no longer in 3.54):
    /// when pages that were spilled to the log are spilled again, and a rollback to a savepoint or of one statement
    /// then takes the log back to before them, frames that follow get no checksum. The commit succeeds, and a recovery
    /// does not find it. ``GroupCommit`` bounds the memory in its own way.
    func spillingCache<T>(_ body: () throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        try setSpill(true)
        let result: T
        do throws(SQLiteError) {
            result = try body()
        } catch {
            try? setSpill(false)
            throw error
        }
        try setSpill(false)
        return result
    }

    func setSpill(_ isOn: Bool) throws(SQLiteError) {
        try withoutAuthorizer { () throws(SQLiteError) in
            try execute("PRAGMA cache_spill=\(isOn ? "ON" : "OFF")")
        }
    }

    /// Copies the database as it is now to another file, which is created, or replaced as a whole.
    ///
    /// The copy is on disk when this returns, and it is of one moment: inside a read transaction its own, else the one
    /// at which it begins. Readers are not disturbed, and in WAL mode other connections write on meanwhile; only a
    /// TRUNCATE checkpoint waits.
    ///
    /// - Parameters:
    ///   - pagesPerStep: pages copied between two calls of `afterStep`; -1 is all of them at once.
    ///   - afterStep: what it throws ends the copy, whose file is then of no use.
    public func backup(
        to path: String, pagesPerStep: Int32 = -1, afterStep: () throws(SQLiteError) -> Void = {}
    ) throws(SQLiteError) {
        guard pagesPerStep < 0 || isInTransaction else {
            try begin(.deferred)
            defer { rollBack() }
            // Reading begins the transaction, and fixes the moment: a step would start over after each foreign write.
            let schema = try prepare("SELECT count(*) FROM sqlite_schema")
            _ = try schema.step()
            schema.reset()
            return try backup(to: path, pagesPerStep: pagesPerStep, afterStep: afterStep)
        }
        var target: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let opened = sqlite3_open_v2(path, &target, flags, options.vfs)
        defer { sqlite3_close_v2(target) }
        guard opened == SQLITE_OK, let target else {
            let error = SQLiteError(opened, on: target)
            throw SQLiteError(extendedCode: error.extendedCode, message: "\(error.message): \(path)")
        }
        guard let backup = sqlite3_backup_init(target, "main", database, "main") else {
            throw SQLiteError(sqlite3_extended_errcode(target), on: target)
        }
        var stepped = sqlite3_backup_step(backup, pagesPerStep)
        while stepped == SQLITE_OK {
            do throws(SQLiteError) {
                try afterStep()
            } catch {
                sqlite3_backup_finish(backup)
                throw error
            }
            stepped = sqlite3_backup_step(backup, pagesPerStep)
        }
        let finished = sqlite3_backup_finish(backup)
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            let error = SQLiteError(finished == SQLITE_OK ? stepped : finished, on: target)
            throw SQLiteError(extendedCode: error.extendedCode, message: "\(error.message): \(path)")
        }
    }

    /// What `PRAGMA integrity_check` finds, at most a hundred lines; empty when all is well.
    public func integrityProblems() throws(SQLiteError) -> [String] {
        let statement = try prepare("PRAGMA integrity_check")
        var lines: [String] = []
        while try statement.step() { lines.append(statement.text(0)) }
        return lines == ["ok"] ? [] : lines
    }
}
