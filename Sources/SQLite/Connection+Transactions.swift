internal import CSQLite

/// When a transaction takes the write lock.
public enum TransactionKind: Sendable {
    /// At the first write; for reading.
    case deferred
    /// At once; for writing, so that it cannot fail halfway for want of the lock.
    case immediate
}

extension Connection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// Not inside another transaction, so not in the works of a ``CommitQueue``; there it is ``savepoint(_:)``.
    public func transaction<T>(_ kind: TransactionKind = .immediate, _ body: () throws -> T) throws -> T {
        try begin(kind)
        let result: T
        do {
            result = try body()
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return result
    }

    /// Runs `body` so that its changes are undone if it throws, inside an open transaction. May be nested.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        try run(.savepoint)
        let result: T
        do {
            result = try body()
        } catch {
            if state.lostTransaction == nil {
                try run(.rollbackToSavepoint)
                try run(.release)
            }
            throw error
        }
        if let lost = state.lostTransaction { throw lost }
        try run(.release)
        return result
    }

    func run(_ step: TransactionControl.Step) throws(SQLiteError) {
        try control.run(step, on: self)
    }

    func begin(_ kind: TransactionKind) throws(SQLiteError) {
        try run(kind == .immediate ? .beginImmediate : .beginDeferred)
        state.expectsTransaction = true
    }

    /// Commits. When it throws, nothing of the transaction was kept and none is open.
    func commit() throws(SQLiteError) {
        resetStatements()
        do throws(SQLiteError) {
            try run(.commit)
        } catch {
            rollBack()
            if !error.isConstraint, !error.isBusy { overwriteFailedCommit() }
            throw error
        }
        state.expectsTransaction = false
    }

    /// Ends the transaction without keeping anything. Cannot fail: where SQLite has rolled back by itself, nothing is
    /// left to do, and an error of ROLLBACK leaves no transaction either.
    func rollBack() {
        resetStatements()
        state.expectsTransaction = false
        state.lostTransaction = nil
        guard isInTransaction else { return }
        try? run(.rollback)
    }

    /// After a failed sync the log may end in the complete frames of the commit that failed; this process has forgotten
    /// them, but a recovery would find them and bring back what was answered as failed. A commit of one unchanged page
    /// overwrites the first of them, and the checksums of the rest then fit nothing. If this fails too (it is tried
    /// once), the next commit does it.
    private func overwriteFailedCommit() {
        guard !options.readOnly else { return }
        withoutAuthorizer {
            guard let statement = try? prepare("PRAGMA user_version"), (try? statement.step()) == true else { return }
            let version = statement.int64(0)
            statement.reset()
            try? execute("PRAGMA user_version=\(version)")
        }
    }
}
