import SQLite
import Synchronization

/// The files that may have a job to do, in the order in which their turn comes.
final class WaitingJobs: Sendable {
    private struct State {
        var files: [DatabaseFile] = []
        var wake: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())

    /// Says that `file` may have a job to do.
    func add(_ file: DatabaseFile) {
        state.withLock { state in
            if !state.files.contains(file) { state.files.append(file) }
            state.wake?.yield()
        }
    }

    /// Takes the files that wait longest.
    func take(_ count: Int) -> [DatabaseFile] {
        state.withLock { state in
            let files = Array(state.files.prefix(count))
            state.files.removeFirst(files.count)
            return files
        }
    }

    var isEmpty: Bool { state.withLock(\.files.isEmpty) }

    /// Wakes whenever a file is added; begins awake. For one listener at a time.
    func wakes() -> (AsyncStream<Void>, AsyncStream<Void>.Continuation) {
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.wake = wake }
        wake.yield()
        return (wakes, wake)
    }
}
