import CProcess
import Glibc

/// The lock on a data directory: held by the supervisor and, through the descriptor that they inherit, by all of its
/// services, so that it is free only when the last of them has ended.
struct SuiteLock: ~Copyable {
    /// For the services to inherit.
    let descriptor: Int32

    /// How long services that lost their supervisor may take to end.
    static let leftoverMilliseconds: Int64 = 10_000
    /// How long others may hold the lock to see whether it is held.
    private static let glanceMilliseconds: Int64 = 300
    private static let pauseMicroseconds: UInt32 = 20_000

    deinit { close(descriptor) }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Takes the lock and writes this process into it.
    ///
    /// - Parameter waiting: called once when it must wait for services whose supervisor died.
    static func take(in directory: DataDirectory, waiting: () -> Void) throws(CommandFailure) -> SuiteLock {
        let descriptor = cprocess_open(directory.lockFile, O_RDWR | O_CREAT, 0o640)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "\(directory.lockFile) cannot be opened: \(String(cString: strerror(-descriptor))).",
                remedy: "Make \(directory.run) writable, or choose another directory with --data.")
        }
        let lock = SuiteLock(descriptor: descriptor)
        let begun = MonotonicClock.milliseconds
        var saysItWaits = false
        while cprocess_lock(descriptor) != 0 {
            let elapsed = MonotonicClock.milliseconds - begun
            if elapsed > glanceMilliseconds {
                let holder = supervisor(in: directory)
                if holder != nil || elapsed > leftoverMilliseconds { throw inUse(directory, by: holder) }
                if !saysItWaits { waiting() }
                saysItWaits = true
            }
            usleep(pauseMicroseconds)
        }
        lock.writeOwner()
        return lock
    }

    /// Whether any process of a suite holds the directory.
    static func isHeld(in directory: DataDirectory) -> Bool {
        let descriptor = cprocess_open(directory.lockFile, O_RDWR, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return cprocess_lock(descriptor) != 0
    }

    /// The supervisor that wrote itself into the lock and still runs.
    static func supervisor(in directory: DataDirectory) -> pid_t? {
        guard let pid = SmallFile.text(directory.lockFile).flatMap({ pid_t($0) }), pid > 1 else { return nil }
        return RunningProcess(pid: pid)?.program == "gyre" ? pid : nil
    }

    private func writeOwner() {
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
    }

    private static func inUse(_ directory: DataDirectory, by holder: pid_t?) -> CommandFailure {
        guard let holder else {
            return CommandFailure(
                "Services of an earlier suite still run on \(directory.path), and did not end by themselves.",
                remedy: "End them: \(directory.command("down"))")
        }
        return CommandFailure(
            "A suite already runs on \(directory.path): process \(holder).",
            remedies: [
                "See it: \(directory.command("status"))",
                "Stop it: \(directory.command("down"))",
                "Or run another one beside it: \(SuiteServices.commandName) up --data ANOTHER-DIRECTORY",
            ])
    }
}
