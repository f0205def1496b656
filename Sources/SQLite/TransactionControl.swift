internal import CSQLite

/// The statements that begin and end transactions, prepared once a connection.
final class TransactionControl {
    enum Step: Int, CaseIterable {
        case beginImmediate, beginDeferred, commit, rollback, savepoint, release, rollbackToSavepoint

        var sql: String {
            switch self {
            case .beginImmediate: "BEGIN IMMEDIATE"
            case .beginDeferred: "BEGIN DEFERRED"
            case .commit: "COMMIT"
            case .rollback: "ROLLBACK"
            case .savepoint: "SAVEPOINT work"
            case .release: "RELEASE work"
            case .rollbackToSavepoint: "ROLLBACK TO work"
            }
        }
    }

    private var statements = [Statement?](repeating: nil, count: Step.allCases.count)

    func run(_ step: Step, on connection: Connection) throws(SQLiteError) {
        connection.authorizer?.allowsTransactionControl = true
        defer { connection.authorizer?.allowsTransactionControl = false }
        if let statement = statements[step.rawValue] { return try statement.run() }
        let statement = try connection.prepare(step.sql)
        statements[step.rawValue] = statement
        try statement.run()
    }

    func removeAll() {
        statements = [Statement?](repeating: nil, count: Step.allCases.count)
    }
}
