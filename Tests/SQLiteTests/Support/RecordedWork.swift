import Synchronization

@testable import SQLite

/// A work that notes what the queue does with it.
final class RecordedWork: CommitWork {
    enum Event: Equatable, Sendable {
        case performed, committed
        case failed(Int32)
    }

    let mayBePerformedAgain: Bool
    private let body: @Sendable (Connection) throws -> CommitDecision
    private let recorded = Mutex<[Event]>([])

    init(mayBePerformedAgain: Bool = false, _ body: @escaping @Sendable (Connection) throws -> CommitDecision) {
        self.mayBePerformedAgain = mayBePerformedAgain
        self.body = body
    }

    /// Inserts a row into `t`, and keeps it or not.
    static func insert(
        _ value: Int64, _ decision: CommitDecision = .keep, mayBePerformedAgain: Bool = false
    ) -> RecordedWork {
        RecordedWork(mayBePerformedAgain: mayBePerformedAgain) { connection in
            let statement = try connection.statement("INSERT INTO t (x) VALUES (?1)")
            try statement.bind(value, at: 1)
            try statement.run()
            return decision
        }
    }

    var events: [Event] { recorded.withLock { $0 } }

    func perform(on connection: Connection) -> CommitDecision {
        recorded.withLock { $0.append(.performed) }
        return (try? body(connection)) ?? .rollBack
    }

    func committed() { recorded.withLock { $0.append(.committed) } }

    func failed(_ error: SQLiteError) { recorded.withLock { $0.append(.failed(error.code)) } }
}

extension Connection {
    /// The first column of all rows, as numbers.
    func numbers(_ sql: String) throws(SQLiteError) -> [Int64] {
        let statement = try prepare(sql)
        var numbers: [Int64] = []
        while try statement.step() { numbers.append(statement.int64(0)) }
        return numbers
    }

    /// The first column of all rows, as texts.
    func texts(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try prepare(sql)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }
}
