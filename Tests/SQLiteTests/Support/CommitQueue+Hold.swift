@testable import SQLite

extension CommitQueue {
    /// Keeps the thread of a queue that has only one busy until the result is called, so that what is submitted
    /// meanwhile waits together.
    func hold() -> @Sendable () -> Void {
        let gate = Monitor(false)
        let isHeld = Monitor(false)
        let file = DatabaseFile("held")
        _ = line(of: file).change {
            $0.add(
                errand: { _ in
                    isHeld.change { $0 = true }
                    gate.wait { $0 ? () : nil }
                }, to: file)
        }
        isHeld.wait { $0 ? () : nil }
        return { gate.change { $0 = true } }
    }

    /// Returns when everything that waits for a file has had its turn.
    func pass(_ file: DatabaseFile) async {
        await withCheckedContinuation { continuation in
            _ = line(of: file).change { $0.add(errand: { _ in continuation.resume() }, to: file) }
        }
    }
}
