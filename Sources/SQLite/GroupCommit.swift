internal import CSQLite

/// One turn of a file: several works in one transaction.
///
/// A savepoint costs a copy of every page that changes after it, up to a quarter of a small insert. So works that may
/// be performed again share one, ``chunk`` at a time: if one of them wants its changes undone, the chunk is rolled back
/// and performed again, each work in a savepoint of its own. A work that wanted it before it changed anything (not
/// found, not allowed: the usual case) undoes nothing and costs nothing.
struct GroupCommit {
    let works: [any CommitWork]
    let file: DatabaseFile

    /// Works that failed alone, by their position, while the others go on.
    private var failures: [Int: SQLiteError] = [:]

    /// Works that share a savepoint at most: what one that fails late makes others do again.
    static let chunk = 32

    init(works: [any CommitWork], file: DatabaseFile) {
        self.works = works
        self.file = file
    }

    /// Opens, performs, commits and answers; every work is answered when this returns.
    mutating func run(_ connections: ThreadConnections) {
        let connection: Connection
        do throws(SQLiteError) {
            connection = try connections.connection(for: file)
        } catch {
            return fail(error, connections)
        }
        connection.log.defersCheckpoint = true
        defer { connection.log.defersCheckpoint = false }
        do throws(SQLiteError) {
            try connection.begin(.immediate)
            connection.log.reserve(connection.database)
            try perform(on: connection)
        } catch {
            connection.rollBack()
            return fail(error, connections)
        }
        answer()
    }

    /// Checkpoints if that is due: when the answers are on their way, and nobody waits for it but the next turn.
    func tidy(_ connections: ThreadConnections) {
        guard let connection = connections.openConnection(for: file) else { return }
        connection.log.checkpointIfDue(connection.database)
    }

    private func answer() {
        for (position, work) in works.enumerated() {
            if let failure = failures[position] {
                work.failed(failure)
            } else {
                work.committed()
            }
        }
    }

    private func fail(_ error: SQLiteError, _ connections: ThreadConnections) {
        connections.review(error, of: file)
        for work in works { work.failed(error) }
    }

    private mutating func perform(on connection: Connection) throws(SQLiteError) {
        if works.count == 1 { return try performAlone(on: connection) }
        var start = 0
        while start < works.count {
            var end = start
            while end < works.count, end - start < Self.chunk, works[end].mayBePerformedAgain { end += 1 }
            if end - start >= 2 {
                try performTogether(start..<end, on: connection)
            } else {
                end = start + 1
                try performInSavepoint(start, on: connection)
            }
            start = end
        }
        try connection.commit()
    }

    /// The transaction itself is the savepoint.
    private mutating func performAlone(on connection: Connection) throws(SQLiteError) {
        let decision = works[0].perform(on: connection)
        try connection.checkTransaction()
        let violation = connection.deferredViolation()
        if decision == .keep, violation == nil {
            try connection.commit()
        } else {
            connection.rollBack()
            if decision == .keep { failures[0] = violation }
        }
    }

    private mutating func performInSavepoint(_ position: Int, on connection: Connection) throws(SQLiteError) {
        try connection.run(.savepoint)
        let decision = works[position].perform(on: connection)
        try connection.checkTransaction()
        let violation = connection.deferredViolation()
        if decision == .rollBack || violation != nil { try connection.run(.rollbackToSavepoint) }
        if decision == .keep { failures[position] = violation }
        try connection.run(.release)
    }

    private mutating func performTogether(_ positions: Range<Int>, on connection: Connection) throws(SQLiteError) {
        try connection.run(.savepoint)
        for position in positions {
            let changes = connection.totalChanges
            connection.state.hasWritten = false
            let decision = works[position].perform(on: connection)
            try connection.checkTransaction()
            let hasWritten = connection.state.hasWritten || connection.totalChanges != changes
            guard connection.hasDeferredViolation || (decision == .rollBack && hasWritten) else { continue }
            try connection.run(.rollbackToSavepoint)
            try connection.run(.release)
            for position in positions { try performInSavepoint(position, on: connection) }
            return
        }
        try connection.run(.release)
    }
}

extension Connection {
    /// After a work: nothing stands on a row any more, and the transaction must still be there.
    fileprivate func checkTransaction() throws(SQLiteError) {
        resetStatements()
        if let lost = state.lostTransaction { throw lost }
    }

    /// Whether a deferred foreign key is violated now. COMMIT would refuse all works for it, so the one that did it is
    /// found before.
    fileprivate var hasDeferredViolation: Bool {
        var violations: Int32 = 0
        var unused: Int32 = 0
        sqlite3_db_status(database, SQLITE_DBSTATUS_DEFERRED_FKS, &violations, &unused, 0)
        return violations != 0
    }

    fileprivate func deferredViolation() -> SQLiteError? {
        guard hasDeferredViolation else { return nil }
        // SQLITE_CONSTRAINT_FOREIGNKEY, a macro of an expression.
        return SQLiteError(extendedCode: SQLITE_CONSTRAINT | (3 << 8), message: "a deferred foreign key is violated")
    }
}
