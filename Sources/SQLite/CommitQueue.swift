/// Writes, committed in groups: a thread, the connections of many files, and no timer.
///
/// The thread gives files turns. A turn takes everything that waits for a file (up to ``Limits/batch``), runs each work
/// in its savepoint, commits once, and answers; what arrives meanwhile is the next group. So the sync of the disk is
/// the batching window: a lone work waits for nothing, and a crowd shares one sync. What was answered is on disk; one
/// failing work fails alone; if the commit fails, all of its works do. After a failure the next turn just tries again.
///
/// A queue may have several threads: each file is pinned to one, and while one waits for the disk another commits.
public final class CommitQueue: Sendable {
    /// All of them hold for each thread.
    public struct Limits: Sendable {
        /// Works a transaction takes at most.
        public var batch: Int
        /// Works that may wait; one more is refused.
        public var queued: Int
        /// Connections that are open at once.
        public var openFiles: Int

        public init(batch: Int = 1_000, queued: Int = 16_384, openFiles: Int = 64) {
            precondition(batch >= 1 && queued >= 1 && openFiles >= 1, "limits are at least 1")
            self.batch = batch
            self.queued = queued
            self.openFiles = openFiles
        }
    }

    public let limits: Limits
    private let lines: [Monitor<FileLines<any CommitWork>>]
    private let threads: [WorkerThread]
    let checkpointer: Checkpointer?

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: of the threads, followed by their number.
    ///   - threads: how many, at least 1. More pay when many files are written to at once and syncs are slow.
    ///   - checkpointsAside: whether long logs are emptied on one more thread, so that a checkpoint holds up no other
    ///     file, and its own not for long; without it a queue does the same to its files in every run.
    ///   - open: opens a file for writing, on the thread it is pinned to; migrates it, where that is due.
    ///   - afterBatch: called on the thread after the works of a transaction were answered, for one write a connection.
    public init(
        name: String, threads count: Int = 1, limits: Limits = Limits(), checkpointsAside: Bool = true,
        open: @escaping @Sendable (DatabaseFile) throws(SQLiteError) -> Connection,
        afterBatch: @escaping @Sendable () -> Void = {}
    ) {
        precondition(count >= 1, "a commit queue needs a thread")
        self.limits = limits
        let lines = (0..<count).map { _ in
            Monitor(FileLines<any CommitWork>(batchLimit: limits.batch, limit: limits.queued))
        }
        self.lines = lines
        let checkpointer = checkpointsAside ? Checkpointer(name: "\(name)-log") : nil
        self.checkpointer = checkpointer
        threads = (0..<count).map { number in
            let lines = lines[number]
            return WorkerThread(name: "\(name)-\(number)") {
                lines.serve(ThreadConnections(limit: limits.openFiles, open: open)) { works, file, connections in
                    var commit = GroupCommit(works: works, file: file)
                    commit.run(connections)
                    afterBatch()
                    commit.tidy(connections, in: lines, beside: checkpointer)
                }
            }
        }
    }

    deinit {
        stop()
    }

    /// Puts a work into the line of its file. False when the queue is full or stopped; the work is then not called.
    public func submit(_ work: any CommitWork, to file: DatabaseFile) -> Bool {
        line(of: file).change { $0.add(work, to: file) }
    }

    /// How many works wait now, on all threads.
    public var waitingCount: Int { lines.reduce(0) { $0 + $1.change { $0.count } } }

    /// Takes no more works, finishes those that wait, closes all files and ends the threads. Blocks until then.
    public func stop() {
        for line in lines { line.change { $0.stop() } }
        for thread in threads { thread.join() }
        checkpointer?.stop()
    }

    func line(of file: DatabaseFile) -> Monitor<FileLines<any CommitWork>> {
        lines[file.thread(of: lines.count)]
    }
}
