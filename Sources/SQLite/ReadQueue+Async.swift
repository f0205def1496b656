internal import Synchronization

extension ReadQueue {
    /// Runs `body` in a read transaction on a reader thread.
    ///
    /// Throws what `body` throws, ``QueueRefusal``, the ``SQLiteError`` of a file that cannot be read, or
    /// `CancellationError` when the task was cancelled before its turn.
    public func read<T: Sendable>(
        _ file: DatabaseFile, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let work = ClosureRead(body, cancellation) { continuation.resume(with: $0) }
                if !submit(work, to: file) { continuation.resume(throwing: refusal(of: file)) }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// Closes the file's connection after everything that waits for it. The next read would open it again.
    public func close(_ file: DatabaseFile) async {
        await withCheckedContinuation { continuation in
            let isTaken = line(of: file).change {
                $0.add(
                    errand: { connections in
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

/// A closure as a read.
private final class ClosureRead<T: Sendable>: ReadWork {
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

    func perform(on connection: Connection) {
        guard !cancellation.isCancelled else { return }
        let outcome = Result<T, any Error> { try body(connection) }
        result.withLock { $0 = outcome }
    }

    func finished() {
        answer(result.withLock { $0 })
    }

    func failed(_ error: SQLiteError) {
        answer(.failure(error))
    }
}
