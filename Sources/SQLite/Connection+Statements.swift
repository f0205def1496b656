internal import CSQLite

extension Connection {
    /// The statement of a literal: prepared once, then found by the literal's address. Reset, its parameters NULL.
    ///
    /// While it still stands on a row of an outer loop, a second one is prepared for the inner.
    public func statement(_ sql: StaticString) throws(SQLiteError) -> Statement {
        let found = cache.find(sql)
        if let found, !found.isBusy { return ready(found) }
        let statement = try statement(cached: sql.withUTF8Buffer { String(decoding: $0, as: UTF8.self) })
        if found == nil { cache.remember(sql, statement) }
        return statement
    }

    /// The same for SQL that is put together while the program runs, found by its text. Never put values into it.
    public func statement(cached sql: String) throws(SQLiteError) -> Statement {
        if let found = cache.find(sql) {
            return found.isBusy ? try prepare(sql) : ready(found)
        }
        let statement = try prepare(sql)
        cache.insert(statement, for: sql)
        return statement
    }

    /// Prepares a statement that is used once.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        if let lost = state.lostTransaction { throw lost }
        var handle: OpaquePointer?
        var code = SQLITE_OK
        var isAlone = true
        var text = sql
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                var tail: UnsafePointer<CChar>?
                code = sqlite3_prepare_v3(
                    database, characters.baseAddress, Int32(clamping: characters.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &tail)
                guard code == SQLITE_OK, let tail, let start = characters.baseAddress else { return }
                isAlone = isBlank(UnsafeBufferPointer(rebasing: characters[start.distance(to: tail)...]))
            }
        }
        guard code == SQLITE_OK else { throw failure(code, sql: sql) }
        guard let handle else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "there is no statement in this SQL", sql: sql)
        }
        guard isAlone else {
            sqlite3_finalize(handle)
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "there is more than one statement", sql: sql)
        }
        return Statement(handle: handle, state: state)
    }

    /// How many statements the cache holds.
    var cachedStatementCount: Int { cache.count }

    /// Resets every statement that stands on a row, so that none holds a transaction open or blocks its end.
    func resetStatements() {
        guard state.steppingStatements > 0 else { return }
        var next = sqlite3_next_stmt(database, nil)
        while let handle = next {
            if sqlite3_stmt_busy(handle) != 0 { sqlite3_reset(handle) }
            next = sqlite3_next_stmt(database, handle)
        }
        state.steppingStatements = 0
        state.resetCount += 1
    }

    private func ready(_ statement: Statement) -> Statement {
        statement.reset()
        statement.clearBindings()
        return statement
    }

    /// Whether only white space, semicolons and comments follow: what the parser itself takes for no statement.
    private func isBlank(_ rest: UnsafeBufferPointer<CChar>) -> Bool {
        guard let start = rest.baseAddress, rest.contains(where: { $0 > 0x20 && $0 != 0x3B }) else { return true }
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v2(database, start, Int32(clamping: rest.count), &handle, nil)
        sqlite3_finalize(handle)
        return code == SQLITE_OK && handle == nil
    }
}
