/// What becomes of a work's changes.
public enum CommitDecision: Sendable {
    case keep
    /// Undo this work's changes, and no other's.
    case rollBack
}

/// One write: a few statements that are kept or undone together, as an item of a group commit.
///
/// The queue's thread calls ``perform(on:)`` and then exactly one of ``committed()`` and ``failed(_:)``. A work that
/// cannot be submitted is never called.
public protocol CommitWork: AnyObject, Sendable {
    /// Whether ``perform(on:)`` may be called twice: the first call's changes are undone then, and the second call's
    /// answer counts. Such works are cheaper, by a good part of a microsecond each. False unless said otherwise.
    var mayBePerformedAgain: Bool { get }

    /// Runs inside a transaction that other works share, in a savepoint of its own. Keeps its own answer. It must not
    /// keep the connection, nor begin or end transactions.
    func perform(on connection: Connection) -> CommitDecision

    /// The transaction is on disk; called after `.rollBack` as well. The moment to send the answer.
    func committed()

    /// Nothing of this work was kept: the file could not be opened, the transaction not begun or committed, or this
    /// work left a deferred foreign key violated. Called with or without ``perform(on:)`` before it.
    ///
    /// One case is left open by any database: when the disk fails while the log is synced and again when the failed
    /// entry is overwritten, and the machine then stops before the next commit, the work may be found after all.
    func failed(_ error: SQLiteError)
}

extension CommitWork {
    public var mayBePerformedAgain: Bool { false }
}

/// Why a queue did not take a work.
public enum QueueRefusal: Error, Sendable, Equatable {
    /// As many works wait as may. Try again.
    case full
    /// The queue was stopped.
    case stopped
}
