internal import CSQLite

/// What SQLite answered instead of doing it: result code, text, and the statement it happened in.
///
/// The SQL has parameters in place of values, so an error carries no personal data unless SQLite's own message quotes
/// an identifier of the schema. It is one reference, so that a function that throws it costs nothing when it does not.
public struct SQLiteError: Error, Sendable {
    private final class Details: Sendable {
        let extendedCode: Int32
        let message: String
        let sql: String?

        init(extendedCode: Int32, message: String, sql: String?) {
            self.extendedCode = extendedCode
            self.message = message
            self.sql = sql
        }
    }

    private let details: Details

    /// An error of this library's own making, in SQLite's terms.
    public init(extendedCode: Int32, message: String, sql: String? = nil) {
        details = Details(extendedCode: extendedCode, message: message, sql: sql)
    }

    /// The last error of a connection. `database` may be nil when not even the handle could be allocated.
    init(_ code: Int32, on database: OpaquePointer?, sql: String? = nil) {
        guard let database else {
            self.init(extendedCode: code, message: String(cString: sqlite3_errstr(code)), sql: sql)
            return
        }
        // The connection's own code is the extended one; it belongs to this failure only if the primary codes agree.
        let extended = sqlite3_extended_errcode(database)
        guard extended & Self.primaryMask == code & Self.primaryMask else {
            self.init(extendedCode: code, message: String(cString: sqlite3_errstr(code)), sql: sql)
            return
        }
        self.init(
            extendedCode: code > Self.primaryMask ? code : extended,
            message: String(cString: sqlite3_errmsg(database)), sql: sql)
    }

    private static let primaryMask: Int32 = 0xFF

    /// The primary result code, such as 13 (`SQLITE_FULL`); https://www.sqlite.org/rescode.html.
    public var code: Int32 { details.extendedCode & Self.primaryMask }

    /// The extended result code, such as 2067 (`SQLITE_CONSTRAINT_UNIQUE`).
    public var extendedCode: Int32 { details.extendedCode }

    /// SQLite's message in English, for the log and never for a caller outside.
    public var message: String { details.message }

    /// The statement, as it was prepared.
    public var sql: String? { details.sql }

    /// The disk, or a quota on it, is full.
    public var isFull: Bool { code == SQLITE_FULL }

    /// Another connection held the lock for longer than the busy timeout.
    public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }

    /// A constraint of the schema refused the change; the statement changed nothing.
    public var isConstraint: Bool { code == SQLITE_CONSTRAINT }

    /// A UNIQUE or PRIMARY KEY constraint refused the change.
    public var isUnique: Bool {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID are macros of an expression, which Swift does not import.
        [8, 6, 10].contains { extendedCode == SQLITE_CONSTRAINT | ($0 << 8) }
    }

    /// The statement ran beyond its time, or was interrupted.
    public var isInterrupted: Bool { code == SQLITE_INTERRUPT }

    /// The file is damaged, or is no database.
    public var isCorrupt: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }

    /// Reading or writing failed below SQLite.
    public var isIO: Bool { code == SQLITE_IOERR }

    /// The file does not exist, or may not be opened.
    public var isCannotOpen: Bool { code == SQLITE_CANTOPEN }

    /// The authorizer refused the statement; see ``Authorizer``.
    public var isNotAuthorized: Bool { code == SQLITE_AUTH }
}

extension SQLiteError: CustomStringConvertible {
    /// One line for the log.
    public var description: String {
        "SQLite error \(extendedCode): \(message)" + (sql.map { " in: \($0)" } ?? "")
    }
}
