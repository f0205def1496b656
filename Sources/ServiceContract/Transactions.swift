public import JSON
public import JSONRPC
public import SQLite

/// What reading needs: store functions that only read take `borrowing some Transaction & ~Copyable`, and serve reads
/// and writes alike.
///
/// Transactions are borrowed: they cannot be stored, escape, or be used after the call.
public protocol Transaction: ~Copyable {
    var connection: Connection { get }
}

/// A consistent view of one database, for the length of a call.
public struct ReadTransaction: Transaction, ~Copyable {
    public let connection: Connection

    public init(_ connection: Connection) {
        self.connection = connection
    }
}

/// A unit of change in one database: kept as a whole when the call returns, undone as a whole when it throws.
public struct WriteTransaction: Transaction, ~Copyable {
    public let connection: Connection
    /// What the runtime must see to after the commit.
    public let effects = Effects()
    private let identifiers: any IdentifierSource

    /// What a transaction did beside its rows. Touched by the transaction's own thread only.
    public final class Effects {
        /// What others were told in this transaction that it is enough to tell them once.
        public var toldTopics: Set<String> = []
        /// The last message put into the outbox.
        public var lastToldSequence: Int64?
        /// Whether a job began.
        public var hasBegunJob = false
    }

    public init(_ connection: Connection, identifiers: any IdentifierSource) {
        self.connection = connection
        self.identifiers = identifiers
    }

    /// A new id, never behind the last one.
    public func newID(at time: Timestamp) -> UUIDv7 {
        identifiers.next(at: time)
    }

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    public func run(_ sql: StaticString, _ arguments: Arguments = [:]) throws(RPCError) -> Int64 {
        do {
            return try run(connection.statement(sql), arguments)
        } catch {
            throw RPCError(error)
        }
    }

    /// The same for SQL made of names from a data map. Never put a caller's text into it.
    @discardableResult
    public func run(sql: String, _ arguments: Arguments = [:]) throws(RPCError) -> Int64 {
        do {
            return try run(connection.statement(cached: sql), arguments)
        } catch {
            throw RPCError(error)
        }
    }

    private func run(_ statement: Statement, _ arguments: Arguments) throws(SQLiteError) -> Int64 {
        try statement.bind(arguments)
        try statement.run()
        return connection.changes
    }
}

/// Makes ids. A service has one; tests have one with a seed.
public protocol IdentifierSource: Sendable {
    func next(at time: Timestamp) -> UUIDv7
}

extension Transaction where Self: ~Copyable {
    /// The first row, or nil.
    public func one<T>(
        _ sql: StaticString, _ arguments: Arguments = [:], _ row: (Statement) throws(RPCError) -> T
    ) throws(RPCError) -> T? {
        let statement = try statement(sql)
        defer { statement.reset() }
        do {
            try statement.bind(arguments)
            guard try statement.step() else { return nil }
        } catch {
            throw RPCError(error)
        }
        return try row(statement)
    }

    /// All rows, in order.
    public func all<T>(
        _ sql: StaticString, _ arguments: Arguments = [:], _ row: (Statement) throws(RPCError) -> T
    ) throws(RPCError) -> [T] {
        let statement = try statement(sql)
        defer { statement.reset() }
        var rows: [T] = []
        do {
            try statement.bind(arguments)
        } catch {
            throw RPCError(error)
        }
        while true {
            do {
                guard try statement.step() else { return rows }
            } catch {
                throw RPCError(error)
            }
            rows.append(try row(statement))
        }
    }

    /// A prepared statement, for paths that run often: bind by position, step, read columns.
    public func statement(_ sql: StaticString) throws(RPCError) -> Statement {
        do {
            return try connection.statement(sql)
        } catch {
            throw RPCError(error)
        }
    }
}

extension RPCError {
    /// What a caller is told of a failure of the database.
    public init(_ error: SQLiteError) {
        if error.isFull {
            self = .storageFull
        } else if error.isInterrupted {
            self = .deadlineExceeded
        } else if error.isBusy {
            self = .busy("The database")
        } else {
            self = .internalError("\(error)")
        }
    }
}
