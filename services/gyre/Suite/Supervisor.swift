import CProcess
import Glibc
import Synchronization

/// Starts the services of a suite, restarts what dies, and ends them all on SIGTERM or SIGINT.
///
/// SIGHUP makes the services of a detached suite read their configuration again; a suite in a terminal ends with it.
///
/// It has a thread of its own, which lives from the first start to the last exit: Linux sends a child its parent's
/// death signal when the *thread* that started it ends.
final class Supervisor: Sendable {
    private struct Shared {
        /// The services as they were when something last happened to one.
        var services: [String: ServiceSupervision] = [:]
        var ports: GatewayPorts
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let directory: DataDirectory
    private let lock: Int32
    private let isDetached: Bool
    private let signals: Int32
    private let report: @Sendable (String) -> Void
    private let shared: Mutex<Shared>

    /// - Parameters:
    ///   - lock: the descriptor of the directory's lock; every service inherits it.
    ///   - isDetached: whether no terminal belongs to it, whose end would be its own.
    ///   - httpPort: where the gateway listens on loopback; nil: it picks one.
    ///   - report: takes one sentence about a service.
    init(
        _ directory: DataDirectory, lock: Int32, isDetached: Bool, httpPort: Int?,
        report: @escaping @Sendable (String) -> Void
    ) throws(CommandFailure) {
        self.directory = directory
        self.lock = lock
        self.isDetached = isDetached
        self.report = report
        shared = Mutex(Shared(ports: GatewayPorts(http: httpPort)))
        signals = cprocess_signal_pipe()
        guard signals >= 0 else {
            throw CommandFailure("Signals cannot be received: \(String(cString: strerror(-signals))).")
        }
    }

    /// Begins to supervise, on a new thread.
    func start() throws(CommandFailure) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                Unmanaged<Supervisor>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw CommandFailure("No thread can be started: \(String(cString: strerror(code))).")
        }
        pthread_detach(thread)
    }

    /// Asks the suite to end, as SIGTERM does.
    func stop() { kill(getpid(), SIGTERM) }

    /// Returns when every service has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = shared.withLock { shared in
                if !shared.isOver { shared.waiters.append(continuation) }
                return shared.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    var isOver: Bool { shared.withLock(\.isOver) }

    /// A service whose processes end right after they started, `lives` times in a row or more.
    func failing(after lives: Int) -> String? {
        shared.withLock { shared in shared.services.filter { $0.value.shortLives >= lives }.keys.min() }
    }

    /// Whether every service has a process at this moment.
    var isComplete: Bool {
        shared.withLock { shared in SuiteServices.names.allSatisfy { shared.services[$0]?.pid != nil } }
    }

    /// From now on the gateway is started on these ports, so that its URL and its addresses outlive a restart.
    func keep(_ ports: GatewayPorts) { shared.withLock { $0.ports = ports } }

    // MARK: The thread

    private func run() {
        var suite = SuiteSupervision(SuiteServices.names)
        while true {
            for action in suite.act(at: MonotonicClock.milliseconds) { perform(action, in: &suite) }
            if suite.isOver { break }
            for number in receiveSignals(until: suite.nextMoment) {
                switch number {
                case SIGCHLD: break
                case SIGHUP where isDetached: passOn(SIGHUP, to: suite)
                default: suite.stop(at: MonotonicClock.milliseconds)
                }
            }
            reapAll(in: &suite)
        }
        let waiters = shared.withLock { shared in
            shared.isOver = true
            return shared.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func perform(_ action: SuiteSupervision.Action, in suite: inout SuiteSupervision) {
        switch action.what {
        case .terminate(let pid): kill(pid, SIGTERM)
        case .kill(let pid):
            report("\(action.service) did not end in time and is killed")
            kill(pid, SIGKILL)
        case .start:
            start(action.service, in: &suite)
        }
        publish(suite)
    }

    private func passOn(_ signal: Int32, to suite: SuiteSupervision) {
        for (_, supervision) in suite.services {
            if let pid = supervision.pid { kill(pid, signal) }
        }
    }

    private func start(_ name: String, in suite: inout SuiteSupervision) {
        do {
            let pid = try startService(name)
            suite.update(name) { $0.started(pid: pid, at: MonotonicClock.milliseconds) }
            // Only tools read it; the suite does without.
            try? SmallFile.replace(directory.pidFile(name), with: Array("\(pid)\n".utf8))
        } catch {
            report(error.message)
            suite.update(name) { $0.failedToStart(at: MonotonicClock.milliseconds) }
        }
    }

    private func startService(_ name: String) throws(CommandFailure) -> pid_t {
        let log = try LogFile.open(directory.logFile(name))
        defer { close(log) }
        var child = ChildProcess(program: SuiteServices.program(name))
        child.environment["GYRE_DATA_DIRECTORY"] = directory.path
        child.output = log
        child.inherited = lock
        child.diesWithParent = true
        if name == SuiteServices.gateway {
            // A port that another process wrote is no word of the one that starts now.
            unlink(directory.portFile)
            child.environment.merge(shared.withLock(\.ports).settings) { $1 }
        }
        return try child.start()
    }

    private func reapAll(in suite: inout SuiteSupervision) {
        for (name, supervision) in suite.services {
            guard let pid = supervision.pid else { continue }
            var (status, signal): (Int32, Int32) = (0, 0)
            guard cprocess_reap(pid, &status, &signal) != 0 else { continue }
            unlink(directory.pidFile(name))
            let pause = suite.update(name) { $0.exited(at: MonotonicClock.milliseconds) } ?? nil
            let how = signal != 0 ? "was ended by signal \(signal)" : "ended with status \(status)"
            if let pause { report("\(name) \(how); starts again in \(Double(pause) / 1_000) s") }
        }
        publish(suite)
    }

    /// Lets other threads see how the services are.
    private func publish(_ suite: SuiteSupervision) {
        shared.withLock { shared in
            for (name, supervision) in suite.services { shared.services[name] = supervision }
        }
    }

    /// Waits for signals, or for the moment at which something is due.
    private func receiveSignals(until moment: Int64?) -> [Int32] {
        let wait = moment.map { max(0, min($0 - MonotonicClock.milliseconds, 60_000)) } ?? -1
        var descriptor = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, Int32(wait)) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(signals, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map { Int32($0) }
    }
}
