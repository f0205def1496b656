internal import CPacedWrites
internal import CSQLite
internal import Synchronization

/// Moves long write-ahead logs into their databases, beside the writers.
///
/// A checkpoint of a long log takes tens of milliseconds, in which a writer's thread would commit for nobody. So it is
/// done here, on a thread of its own, in two parts. The long one moves what is in the log while its writer goes on. For
/// the short one, which moves what came meanwhile, the file gets no turn: its log then begins anew. The writer's thread
/// serves other files as ever.
///
/// While several files are written to, pages go to disk ``piece`` at a time, because whoever syncs another log meanwhile
/// waits behind what is on its way. A file that is alone waits for nobody, and its pages go all at once.
final class Checkpointer: Sendable {
    /// How far the first part is. Begun by the writer, ended by the checkpointer.
    final class Progress: Sendable {
        enum State {
            case idle, underway
            /// So many frames of the log are in the database.
            case moved(Int)
        }

        private let mutex = Mutex(State.idle)

        var state: State {
            get { mutex.withLock { $0 } }
            set { mutex.withLock { $0 = newValue } }
        }
    }

    /// A log by its database.
    struct Log: Sendable {
        let path: String
        let vfs: String?
    }

    private struct Order: Sendable {
        let log: Log
        let progress: Progress
        /// Called at the end, where the file's writer waits for it.
        let finished: (@Sendable () -> Void)?
    }

    private struct Orders: Sendable {
        var waiting: [Order] = []
        var isStopped = false

        /// True to go on, false when nothing will come; nil to wait.
        var hasNext: Bool? { isStopped ? false : waiting.isEmpty ? nil : true }

        /// Those that somebody waits for come first.
        mutating func next() -> Order? {
            guard !waiting.isEmpty else { return nil }
            return waiting.remove(at: waiting.firstIndex { $0.finished != nil } ?? 0)
        }
    }

    /// What the thread shares with those who order.
    private final class Desk: Sendable {
        let orders = Monitor(Orders())
        /// Held from taking an order to its end.
        let turn = Mutex(())
        let company = Mutex(Company())
    }

    /// Whether more than one file is written to.
    private struct Company: Sendable {
        var last: DatabaseFile?
        var isSeen = false

        mutating func note(_ file: DatabaseFile) {
            if let last, last != file { isSeen = true }
            last = file
        }

        /// Since it was last asked.
        mutating func take() -> Bool {
            defer { isSeen = false }
            return isSeen
        }
    }

    /// Each pass moves what came while the one before it ran, so that little is left for the second part.
    private static let passes = 3

    /// Pages that go to disk together. Beside checkpoints whose pages all went at once the 99th percentile of the sync of
    /// another file was 6 ms, with pieces of 32 pages 2 ms, of 8 pages 1 ms, and 0.5 ms without checkpoints.
    private static let piece: UInt32 = 8

    private let desk: Desk
    private let thread: WorkerThread

    init(name: String) {
        let desk = Desk()
        self.desk = desk
        thread = WorkerThread(name: name) {
            while desk.orders.wait(for: { $0.hasNext }) {
                desk.turn.withLock { _ in
                    guard let order = desk.orders.change({ $0.next() }) else { return }
                    // The second part is a piece of the first, and has its pace.
                    if order.finished == nil {
                        gyre_pace_writes(desk.company.withLock { $0.take() } ? Self.piece : 0)
                    }
                    let moved = Self.checkpoint(order.log, passes: order.finished == nil ? Self.passes : 1)
                    order.progress.state = order.finished == nil ? .moved(moved) : .idle
                    order.finished?()
                }
            }
        }
    }

    /// To be told of every commit.
    func note(_ file: DatabaseFile) {
        desk.company.withLock { $0.note(file) }
    }

    /// Does the first part for a file, soon.
    func begin(_ log: Log, _ progress: Progress) {
        progress.state = .underway
        desk.orders.change { $0.waiting.append(Order(log: log, progress: progress, finished: nil)) }
    }

    /// Does the second part for a file that nobody writes to until `finished` is called.
    func finish(_ log: Log, _ progress: Progress, finished: @escaping @Sendable () -> Void) {
        desk.orders.change { $0.waiting.append(Order(log: log, progress: progress, finished: finished)) }
    }

    /// Blocks until no file is open here, for work that wants to be alone with its own: a file is removed, or its log
    /// cut.
    func settle() {
        desk.turn.withLock { _ in
            for order in desk.orders.change({ orders in
                defer { orders.waiting = [] }
                return orders.waiting
            }) {
                order.progress.state = .idle
                order.finished?()
            }
        }
    }

    /// Forgets what waits, and blocks until what is under way has ended.
    func stop() {
        desk.orders.change { $0.isStopped = true }
        thread.join()
    }

    /// What goes wrong leaves the log as it was, and the second part is then as long as the whole.
    ///
    /// - Returns: how many frames of the log are in the database now.
    private static func checkpoint(_ log: Log, passes: Int) -> Int {
        var opened: OpaquePointer?
        defer { sqlite3_close_v2(opened) }
        guard sqlite3_open_v2(log.path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, log.vfs) == SQLITE_OK,
            let database = opened
        else { return 0 }
        // The log is the writer's; a connection that takes itself for the last one would delete it.
        _ = gyre_sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        // Reading opens the log.
        guard sqlite3_exec(database, "PRAGMA synchronous=FULL; PRAGMA schema_version;", nil, nil, nil) == SQLITE_OK
        else { return 0 }
        var moved: Int32 = 0
        for _ in 0..<passes {
            guard sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, nil, &moved) == SQLITE_OK
            else { return 0 }
        }
        return Int(moved)
    }
}
