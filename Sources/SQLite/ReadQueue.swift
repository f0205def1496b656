/// One read: a few queries that see one state of the database.
///
/// A reader thread calls ``perform(on:)`` and ``finished()``, or ``failed(_:)`` alone.
public protocol ReadWork: AnyObject, Sendable {
    /// Runs inside a read transaction on a read-only connection. Keeps its own answer. It must not keep the connection.
    func perform(on connection: Connection)

    /// The moment to send the answer.
    func finished()

    /// The file could not be opened or read.
    func failed(_ error: SQLiteError)
}

/// Reads, on threads of their own: a file is pinned to a thread, and short reads of a file share a read transaction.
///
/// A statement that runs longer than ``Limits/timeMilliseconds`` ends with ``SQLiteError/isInterrupted``, so no reader
/// holds a checkpoint up for longer.
public final class ReadQueue: Sendable {
    /// All of them but the time hold for each thread.
    public struct Limits: Sendable {
        /// Reads a turn takes at most.
        public var batch: Int
        /// Reads that may wait; one more is refused.
        public var queued: Int
        /// Connections that are open at once.
        public var openFiles: Int
        /// How long a read may run.
        public var timeMilliseconds: Int

        public init(batch: Int = 64, queued: Int = 16_384, openFiles: Int = 64, timeMilliseconds: Int = 5_000) {
            precondition(batch >= 1 && queued >= 1 && openFiles >= 1 && timeMilliseconds >= 1, "limits are at least 1")
            self.batch = batch
            self.queued = queued
            self.openFiles = openFiles
            self.timeMilliseconds = timeMilliseconds
        }
    }

    public let limits: Limits
    private let lines: [Monitor<FileLines<any ReadWork>>]
    private let threads: [WorkerThread]

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: of the threads, followed by their number.
    ///   - threads: how many, at least 1.
    ///   - open: opens a file for reading, on the thread it is pinned to.
    ///   - afterBatch: called on the thread after the reads of a turn were answered.
    public init(
        name: String, threads count: Int = 2, limits: Limits = Limits(),
        open: @escaping @Sendable (DatabaseFile) throws(SQLiteError) -> Connection,
        afterBatch: @escaping @Sendable () -> Void = {}
    ) {
        precondition(count >= 1, "a read queue needs a thread")
        self.limits = limits
        let lines = (0..<count).map { _ in
            Monitor(FileLines<any ReadWork>(batchLimit: limits.batch, limit: limits.queued))
        }
        self.lines = lines
        threads = (0..<count).map { number in
            let lines = lines[number]
            return WorkerThread(name: "\(name)-\(number)") {
                lines.serve(ThreadConnections(limit: limits.openFiles, open: open)) { works, file, connections in
                    ReadGroup(works: works, file: file, limits: limits).run(connections)
                    afterBatch()
                }
            }
        }
    }

    deinit {
        stop()
    }

    /// Puts a read into the line of its file. False when the line is full or stopped; the work is then not called.
    public func submit(_ work: any ReadWork, to file: DatabaseFile) -> Bool {
        line(of: file).change { $0.add(work, to: file) }
    }

    /// How many reads wait now, on all threads.
    public var waitingCount: Int { lines.reduce(0) { $0 + $1.change { $0.count } } }

    /// Takes no more reads, finishes those that wait, closes all files and ends the threads. Blocks until then.
    public func stop() {
        for line in lines { line.change { $0.stop() } }
        for thread in threads { thread.join() }
    }

    func line(of file: DatabaseFile) -> Monitor<FileLines<any ReadWork>> {
        lines[file.thread(of: lines.count)]
    }
}
