internal import CSQLite
internal import Synchronization

/// Moves long write-ahead logs into their databases, beside the writers.
///
/// A checkpoint of a long log takes tens of milliseconds, in which the writer's thread would commit for nobody. So it is
/// done in two parts. The long one is here, on a thread of its own: it moves what is in the log when it begins, while
/// the writer goes on. The writer then moves what came meanwhile, a short stop, and its log begins anew.
final class Checkpointer: Sendable {
    /// How far the first part is. Begun by the writer, ended by the checkpointer.
    final class Progress: Sendable {
        enum State: UInt8, AtomicRepresentable {
            case idle, underway, done
        }

        private let atomic = Atomic(State.idle)

        var state: State {
            get { atomic.load(ordering: .acquiring) }
            set { atomic.store(newValue, ordering: .releasing) }
        }
    }

    private struct Order: Sendable {
        let path: String
        let vfs: String?
        let progress: Progress
    }

    private struct Orders: Sendable {
        var waiting: [Order] = []
        var isStopped = false

        /// True to go on, false when nothing will come; nil to wait.
        var hasNext: Bool? { isStopped ? false : waiting.isEmpty ? nil : true }
    }

    /// What the thread shares with those who order.
    private final class Desk: Sendable {
        let orders = Monitor(Orders())
        /// Held from taking an order to its end.
        let turn = Mutex(())
    }

    /// Each pass moves what came while the one before it ran, so that little is left for the writer.
    private static let passes = 3

    private let desk: Desk
    private let thread: WorkerThread

    init(name: String) {
        let desk = Desk()
        self.desk = desk
        thread = WorkerThread(name: name) {
            while desk.orders.wait(for: { $0.hasNext }) {
                desk.turn.withLock { _ in
                    guard let order = desk.orders.change({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() })
                    else { return }
                    Self.checkpoint(order.path, vfs: order.vfs)
                    order.progress.state = .done
                }
            }
        }
    }

    /// Does the first part for a file, soon.
    func begin(_ path: String, vfs: String?, _ progress: Progress) {
        progress.state = .underway
        desk.orders.change { $0.waiting.append(Order(path: path, vfs: vfs, progress: progress)) }
    }

    /// Blocks until no file is open here, for work that wants to be alone with its own: a file is removed, or its log
    /// cut.
    func settle() {
        desk.turn.withLock { _ in
            for order in desk.orders.change({ orders in
                defer { orders.waiting = [] }
                return orders.waiting
            }) { order.progress.state = .idle }
        }
    }

    /// Forgets what waits, and blocks until what is under way has ended.
    func stop() {
        desk.orders.change { $0.isStopped = true }
        thread.join()
    }

    /// What goes wrong leaves the log as it was, and the second part is then as long as the whole.
    private static func checkpoint(_ path: String, vfs: String?) {
        var opened: OpaquePointer?
        defer { sqlite3_close_v2(opened) }
        guard sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs) == SQLITE_OK,
            let database = opened
        else { return }
        // The log is the writer's; a connection that takes itself for the last one would delete it.
        _ = gyre_sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        // Reading opens the log.
        guard sqlite3_exec(database, "PRAGMA synchronous=FULL; PRAGMA schema_version;", nil, nil, nil) == SQLITE_OK
        else { return }
        for _ in 0..<passes {
            guard sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, nil, nil) == SQLITE_OK
            else { return }
        }
    }
}
