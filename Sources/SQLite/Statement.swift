internal import CSQLite

/// A prepared statement: bind, step, read columns, and again.
///
/// Parameters count from 1 and columns from 0, as in SQLite. A statement belongs to its connection's thread. Asked for
/// by SQL again, the connection hands out the same one, reset and cleared, unless it still stands on a row.
public final class Statement {
    let handle: OpaquePointer
    let state: ConnectionState

    /// Whether it only reads; so does what begins and ends transactions.
    public let isReadOnly: Bool

    /// The connection's reset count when it moved to its first row; 0 when it stands on none.
    private var steppingSince: UInt64 = 0

    /// The names of the parameters in their order, "" for a positional one. Read once, on the first binding by name.
    private(set) lazy var parameterNames: [String] = (0..<parameterCount).map {
        sqlite3_bind_parameter_name(handle, $0 + 1).map { String(cString: $0) } ?? ""
    }

    init(handle: OpaquePointer, state: ConnectionState) {
        self.handle = handle
        self.state = state
        isReadOnly = sqlite3_stmt_readonly(handle) != 0
    }

    deinit {
        finishStepping()
        sqlite3_finalize(handle)
    }

    /// The SQL as it was prepared.
    public var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }

    /// How many parameters it has.
    public var parameterCount: Int32 { sqlite3_bind_parameter_count(handle) }

    /// Whether it stands on a row.
    var isBusy: Bool { steppingSince == state.resetCount }

    /// Moves to the next row. False when there is none; the statement may then be stepped again from the start.
    public func step() throws(SQLiteError) -> Bool {
        if let lost = state.lostTransaction { throw lost }
        let code = sqlite3_step(handle)
        if !isReadOnly, code == SQLITE_ROW || code == SQLITE_DONE { state.hasWritten = true }
        if code == SQLITE_ROW {
            if !isBusy {
                steppingSince = state.resetCount
                state.steppingStatements += 1
            }
            return true
        }
        finishStepping()
        guard code == SQLITE_DONE else { throw failure(code) }
        return false
    }

    /// Runs to the end, throws rows away, and resets: for a change.
    public func run() throws(SQLiteError) {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Makes it ready for the next run. Bindings stay.
    public func reset() {
        finishStepping()
        sqlite3_reset(handle)
    }

    /// Sets every parameter to NULL.
    public func clearBindings() {
        sqlite3_clear_bindings(handle)
    }

    private func finishStepping() {
        if isBusy { state.steppingStatements -= 1 }
        steppingSince = 0
    }

    /// The error of a step or a binding; leaves the statement reset.
    func failure(_ code: Int32) -> SQLiteError {
        let database = sqlite3_db_handle(handle)
        let error = SQLiteError(code, on: database, sql: sql)
        if let database { state.note(error, on: database) }
        sqlite3_reset(handle)
        return error
    }
}
