internal import CSQLite

/// What a connection and its statements know together. One thread at a time, like the connection itself.
final class ConnectionState {
    /// Statements that stand on a row: stepped, and neither finished nor reset.
    var steppingStatements = 0

    /// Counts how often all statements were reset at once; a statement that began before stands on nothing any more.
    var resetCount: UInt64 = 1

    /// Whether this library began a transaction that it has not ended.
    var expectsTransaction = false

    /// Set by every statement that may have changed something; cleared by whoever wants to know.
    var hasWritten = false

    /// Set when SQLite rolled the whole transaction back by itself (disk full, I/O error, out of memory, interrupt).
    ///
    /// Without it the statements that follow in the same work would run outside any transaction, and each would commit
    /// alone. So every step throws this error until the transaction is ended.
    /// https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
    var lostTransaction: SQLiteError?

    /// To be called with every error of a statement.
    func note(_ error: SQLiteError, on database: OpaquePointer) {
        guard expectsTransaction, lostTransaction == nil, sqlite3_get_autocommit(database) != 0 else { return }
        lostTransaction = error
    }
}
