import CProcess
import Glibc

/// A supervisor that goes on when the command that started it has returned.
struct DetachedSuite {
    let directory: DataDirectory
    /// Of the `gyre` that becomes the supervisor.
    let arguments: [String]

    /// Starts the supervisor in a session of its own, and returns when its suite is ready.
    ///
    /// - Throws: what it says is in the way.
    func start() throws(CommandFailure) {
        try directory.checkSocketPaths()
        umask(0o027)
        try directory.create()
        let log = try LogFile.open(directory.logFile("gyre"))
        defer { close(log) }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CommandFailure("No pipe can be opened: \(lastSystemError).") }
        defer { close(ends[0]) }
        var child = ChildProcess(
            program: SuiteServices.executable, name: CommandLine.arguments.first, arguments: arguments)
        child.output = log
        child.inherited = ends[1]
        child.beginsSession = true
        do {
            defer { close(ends[1]) }
            _ = try child.start()
        }
        try ParentReport.receive(from: ends[0], log: directory.logFile("gyre"))
    }
}

/// What a detached supervisor tells the command that started it, once, over the descriptor it inherited.
struct ParentReport {
    private static let readyLine = "ready\n"

    init() {
        // The services that this process starts must not keep the parent waiting.
        _ = fcntl(ChildProcess.inheritedDescriptor, F_SETFD, FD_CLOEXEC)
    }

    func ready() { end(with: Self.readyLine) }

    func failed(_ error: any Error) { end(with: "\(error)") }

    private func end(with text: String) {
        let bytes = Array(text.utf8)
        _ = write(ChildProcess.inheritedDescriptor, bytes, bytes.count)
        close(ChildProcess.inheritedDescriptor)
    }

    /// Waits for the report.
    static func receive(from descriptor: Int32, log: String) throws(CommandFailure) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text == readyLine { return }
        guard text.isEmpty else { throw CommandFailure(text) }
        throw CommandFailure(
            "The suite ended before it was ready. Its last words:",
            remedies: LogFile.lastLines(log) + ["", "The whole log: \(log)"])
    }
}
