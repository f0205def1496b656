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
        var answered = 0
        do throws(SQLiteError) {
            let connection = try connections.connection(for: file)
            connection.log.defersCheckpoint = true
            defer { connection.log.defersCheckpoint = false }
            while answered < works.count {
                let end = try commit(from: answered, on: connection)
                answer(answered..<end)
                answered = end
            }
        } catch {
            connections.review(error, of: file)
            for work in works[answered...] { work.failed(error) }
        }
    }

    /// Checkpoints if that is due: when the answers are on their way, and nobody waits for it but the next turn.
    func tidy(
        _ connections: ThreadConnections, in lines: Monitor<FileLines<any CommitWork>>,
        beside checkpointer: Checkpointer?
    ) {
        guard let connection = connections.openConnection(for: file) else { return }
        guard let checkpointer else { return connection.log.checkpointIfDue(connection.database) }
        checkpointer.note(file)
        let log = Checkpointer.Log(path: connection.path, vfs: connection.options.vfs)
        switch connection.log.partDue {
        case nil: break
        case .first: checkpointer.begin(log, connection.log.progress)
        case .second:
            lines.change { $0.hold(file) }
            checkpointer.finish(log, connection.log.progress) { [file] in lines.change { $0.release(file) } }
        }
    }

    private func answer(_ positions: Range<Int>) {
        for position in positions {
            if let failure = failures[position] {
                works[position].failed(failure)
            } else {
                works[position].committed()
            }
        }
    }

    /// One transaction, from a work on: to the last, or until it has changed too much to stay in memory. Returns the
    /// position after the last work in it; when it throws, nothing of it was kept.
    private mutating func commit(from start: Int, on connection: Connection) throws(SQLiteError) -> Int {
        try connection.begin(.immediate)
        connection.log.reserve(connection.database)
        do throws(SQLiteError) {
            if start + 1 == works.count {
                try performAlone(start, on: connection)
                return works.count
            }
            var position = start
            repeat {
                position = try performNext(position, on: connection)
            } while position < works.count && !connection.hasLargeCache
            try connection.commit()
            return position
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Performs the work at a position, with those after it that may share its savepoint. Returns the next position.
    private mutating func performNext(_ start: Int, on connection: Connection) throws(SQLiteError) -> Int {
        var end = start
        while end < works.count, end - start < Self.chunk, works[end].mayBePerformedAgain { end += 1 }
        guard end - start >= 2 else {
            try performInSavepoint(start, on: connection)
            return start + 1
        }
        try performTogether(start..<end, on: connection)
        return end
    }

    /// The transaction itself is the savepoint.
    private mutating func performAlone(_ position: Int, on connection: Connection) throws(SQLiteError) {
        let decision = works[position].perform(on: connection)
        try connection.checkTransaction()
        let violation = connection.deferredViolation()
        if decision == .keep, violation == nil {
            try connection.commit()
        } else {
            connection.rollBack()
            if decision == .keep { failures[position] = violation }
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

    /// Whether pages that the transaction has changed fill the cache twice over; none leaves it before the commit.
    fileprivate var hasLargeCache: Bool {
        var bytes: Int32 = 0
        var unused: Int32 = 0
        sqlite3_db_status(database, SQLITE_DBSTATUS_CACHE_USED, &bytes, &unused, 0)
        return Int(bytes) > options.cacheKiB * 1024 * 2
    }

    fileprivate func deferredViolation() -> SQLiteError? {
        guard hasDeferredViolation else { return nil }
        // SQLITE_CONSTRAINT_FOREIGNKEY, a macro of an expression.
        return SQLiteError(extendedCode: SQLITE_CONSTRAINT | (3 << 8), message: "a deferred foreign key is violated")
    }
}
