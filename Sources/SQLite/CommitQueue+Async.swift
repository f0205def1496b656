internal import Synchronization

extension CommitQueue {
    /// Runs `body` in the group commit and returns when its changes are on disk; when it throws, they are undone.
    ///
    /// Throws what `body` throws, ``QueueRefusal``, the ``SQLiteError`` of a failed commit, or `CancellationError` when
    /// the task was cancelled before its turn.
    public func write<T: Sendable>(
        _ file: DatabaseFile, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let work = ClosureWork(body, cancellation) { continuation.resume(with: $0) }
                if !submit(work, to: file) { continuation.resume(throwing: refusal(of: file)) }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// Runs `body` on the writer's connection outside any transaction, in its place in the file's line. For
    /// checkpoints, VACUUM and backups; everything else on this thread waits meanwhile.
    public func maintain<T: Sendable>(
        _ file: DatabaseFile, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = line(of: file).change {
                $0.add(
                    errand: { [checkpointer] connections in
                        checkpointer?.settle()
                        let result = Result<T, any Error> {
                            let connection = try connections.connection(for: file)
                            // What it forgot to end must not swallow the next turn's BEGIN.
                            defer { connection.rollBack() }
                            return try body(connection)
                        }
                        if case .failure(let error as SQLiteError) = result { connections.review(error, of: file) }
                        continuation.resume(with: result)
                    }, to: file)
            }
            if !isTaken { continuation.resume(throwing: QueueRefusal.stopped) }
        }
    }

    /// Closes the file's connection after everything that waits for it. The next work would open it again.
    public func close(_ file: DatabaseFile) async {
        await withCheckedContinuation { continuation in
            let isTaken = line(of: file).change {
                $0.add(
                    errand: { [checkpointer] connections in
                        checkpointer?.settle()
                        connections.close(file)
                        continuation.resume()
                    }, to: file)
            }
            // A stopped queue has closed all files.
            if !isTaken { continuation.resume() }
        }
    }

    private func refusal(of file: DatabaseFile) -> QueueRefusal {
        line(of: file).change { $0.isStopped } ? .stopped : .full
    }
}

/// Set when the task that waits was cancelled.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() {
        flag.store(true, ordering: .relaxed)
    }
}

/// A closure as a work.
private final class ClosureWork<T: Sendable>: CommitWork {
    private let body: @Sendable (Connection) throws -> T
    private let cancellation: CancellationFlag
    private let answer: @Sendable (Result<T, any Error>) -> Void
    private let result = Mutex<Result<T, any Error>>(.failure(CancellationError()))

    init(
        _ body: @escaping @Sendable (Connection) throws -> T, _ cancellation: CancellationFlag,
        answer: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        self.body = body
        self.cancellation = cancellation
        self.answer = answer
    }

    func perform(on connection: Connection) -> CommitDecision {
        guard !cancellation.isCancelled else { return .rollBack }
        let outcome = Result<T, any Error> { try body(connection) }
        result.withLock { $0 = outcome }
        if case .success = outcome { return .keep }
        return .rollBack
    }

    func committed() {
        answer(result.withLock { $0 })
    }

    func failed(_ error: SQLiteError) {
        answer(.failure(error))
    }
}
