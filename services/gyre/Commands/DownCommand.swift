import ArgumentParser
import Glibc
import JSON

/// `gyre down`
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Ends a suite; what was answered stays on disk.",
        discussion: """
            Asks the supervisor to end its services and waits until the last one has. Calls under way are finished \
            first, for at most five seconds.

            EXAMPLES
              gyre down
              gyre down --data /srv/gyre
            """)

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    /// The supervisor kills what does not drain, so this is more than it ever needs.
    private static let maximumMilliseconds: Int64 = 15_000
    private static let pollMilliseconds = 20

    func run() async throws {
        let directory = suite.directory
        guard SuiteLock.isHeld(in: directory) else {
            output.show(["stopped": false] as JSONValue) { "No suite runs on \(directory.path).\n" }
            return
        }
        let begun = MonotonicClock.milliseconds
        for pid in Self.targets(in: directory) { kill(pid, SIGTERM) }
        while SuiteLock.isHeld(in: directory) {
            guard MonotonicClock.milliseconds - begun < Self.maximumMilliseconds else {
                let pids = Self.processes(in: directory).map { "\($0.pid) (\($0.program))" }
                throw CommandFailure(
                    "The suite on \(directory.path) did not end within \(Self.maximumMilliseconds / 1_000) s.",
                    remedy: "Still there: \(pids.joined(separator: ", ")). Kill them: kill -9 PID")
            }
            try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
        output.show(["stopped": true] as JSONValue) { "The suite on \(directory.path) has ended.\n" }
    }

    /// Whom to ask: the supervisor, or the services if it is gone.
    private static func targets(in directory: DataDirectory) -> [pid_t] {
        SuiteLock.supervisor(in: directory).map { [$0] } ?? processes(in: directory).map(\.pid)
    }

    /// The processes whose ids the suite wrote down, so far as they are still what they were.
    private static func processes(in directory: DataDirectory) -> [RunningProcess] {
        (["gyre"] + SuiteServices.names).compactMap { name in
            let pid = SmallFile.text(directory.pidFile(name)).flatMap { pid_t($0) }
            return pid.flatMap { RunningProcess(pid: $0) }.flatMap { $0.program == name ? $0 : nil }
        }
    }
}
