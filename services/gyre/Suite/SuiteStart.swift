import GatewayAPI
import Glibc
import JSON
import JSONRPC

/// Brings one suite up, keeps it running, and cleans up behind it.
struct SuiteStart {
    let directory: DataDirectory
    /// Where the gateway listens on loopback; nil: it picks a free port.
    let httpPort: Int?
    let isDemo: Bool
    /// Whether it runs on behind the command that started it.
    let isDetached: Bool

    /// How long all services may take to be ready.
    static let readyMilliseconds: Int64 = 60_000
    /// A service that ends right after it started, this often in a row, will not come up.
    static let maximumShortLives = 3
    private static let pollMilliseconds = 30
    /// Descriptors that a busy service may need.
    private static let wantedDescriptors: rlim_t = 65_536

    /// Runs until the suite is told to end.
    ///
    /// - Parameter ready: called once, when everything answers.
    /// - Throws: what is in the way, once nothing of the suite is left running.
    func run(ready: (ReadyFile, PopulationTally?) -> Void) async throws(CommandFailure) {
        try SuiteServices.checkPrograms()
        try directory.checkSocketPaths()
        umask(0o027)
        try directory.create()
        let lock = try SuiteLock.take(in: directory) { say("waiting for the services of an earlier suite to end") }
        try checkRestore()
        try checkPort()
        Self.raiseDescriptorLimit()
        unlink(directory.readyFile)
        unlink(directory.portFile)
        try SmallFile.replace(directory.pidFile("gyre"), with: Array("\(getpid())\n".utf8))
        let supervisor = try Supervisor(
            directory, lock: lock.descriptor, isDetached: isDetached, httpPort: httpPort
        ) { say($0) }
        try supervisor.start()
        var failure: CommandFailure?
        do {
            let (file, demo) = try await becomeReady(supervisor)
            ready(file, demo)
        } catch {
            failure = error
            supervisor.stop()
        }
        await supervisor.ended()
        unlink(directory.readyFile)
        unlink(directory.portFile)
        unlink(directory.tlsFile)
        unlink(directory.pidFile("gyre"))
        if let failure { throw failure }
    }

    private func becomeReady(_ supervisor: Supervisor) async throws(CommandFailure) -> (ReadyFile, PopulationTally?) {
        let admin = SuiteClient(.admin(brand: nil), in: directory)
        let port = try await waitForServices(supervisor, admin)
        let tls = TLSDoors.read(in: directory)
        supervisor.keep(GatewayPorts(http: port, tls: tls))
        var file = ReadyFile(
            url: "http://127.0.0.1:\(port)/", socket: directory.gatewaySocket, adminSocket: directory.adminSocket,
            tls: tls)
        var summary: PopulationTally?
        if isDemo {
            let demo = try await DemoBrand.prepare(in: directory, admin)
            file.brand = demo.brand.description
            file.key = demo.key
            summary = try await DemoPeople(directory, key: demo.key).load(until: demo.createdAt)
        }
        try file.write(in: directory)
        await admin.close()
        return (file, summary)
    }

    /// Asks until every service says that it is ready; returns the port that the gateway listens on.
    private func waitForServices(_ supervisor: Supervisor, _ admin: SuiteClient) async throws(CommandFailure) -> Int {
        let begun = MonotonicClock.milliseconds
        var lastAnswer = "the gateway does not answer"
        while true {
            if supervisor.isOver { throw CommandFailure("The suite was told to end before it was ready.") }
            if let name = supervisor.failing(after: Self.maximumShortLives) { throw Self.failing(name, in: directory) }
            if MonotonicClock.milliseconds - begun > Self.readyMilliseconds {
                throw CommandFailure(
                    "The suite is not ready after \(Self.readyMilliseconds / 1_000) s: \(lastAnswer).",
                    remedies: ["Find out what is wrong: \(directory.command("doctor"))"])
            }
            if SocketProbe.answers(directory.adminSocket) {
                do {
                    let late = try await SuiteHealth.ask(admin).late
                    let port = SmallFile.text(directory.portFile).flatMap { Int($0) }
                    if let port, late == nil, supervisor.isComplete { return port }
                    lastAnswer =
                        late.map { "\($0.name): \($0.problem ?? "not ready")" }
                        ?? (port == nil ? "the gateway does not listen for HTTP" : "a service starts again")
                } catch {
                    lastAnswer = error.message
                }
            }
            try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }

    private static func failing(_ name: String, in directory: DataDirectory) -> CommandFailure {
        let log = directory.logFile(name)
        return CommandFailure(
            "\(name) ends right after it starts. Its last words:",
            remedies: LogFile.lastLines(log) + ["", "The whole log: \(log)"])
    }

    private func checkRestore() throws(CommandFailure) {
        guard access(directory.restoreMarker, F_OK) == 0 else { return }
        throw CommandFailure(
            "A restore into \(directory.path) was begun and not finished: its databases are not whole.",
            remedy: "Finish it: \(directory.command("restore BACKUP")), with the same backup or another one")
    }

    private func checkPort() throws(CommandFailure) {
        guard let httpPort, !SocketProbe.canListen(on: httpPort) else { return }
        throw CommandFailure(
            "Port \(httpPort) of 127.0.0.1 cannot be listened on: another program has it, or it is reserved.",
            remedy: "Choose another with --port, or leave --port out: then a free one is picked.")
    }

    /// The services inherit it.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < wantedDescriptors
        else { return }
        limit.rlim_cur = min(limit.rlim_max, wantedDescriptors)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
