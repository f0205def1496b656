import CProcess
import Glibc
import Testing

@testable import Gyre

@Suite struct ChildProcessTests {
    /// Runs a shell script to its end; what it printed, and how it ended.
    private func run(_ script: String, _ change: (inout ChildProcess) -> Void = { _ in }) throws -> (String, Int32) {
        try withTemporaryDirectory { path in
            let output = cprocess_open(path + "/out", O_RDWR | O_CREAT, 0o600)
            defer { close(output) }
            var child = ChildProcess(program: "/bin/sh", arguments: ["-c", script])
            child.output = output
            change(&child)
            let pid = try child.start()
            var (status, signal): (Int32, Int32) = (0, 0)
            while cprocess_reap(pid, &status, &signal) == 0 { usleep(1_000) }
            return (SmallFile.text(path + "/out") ?? "", signal != 0 ? -signal : status)
        }
    }

    @Test("Output, status and signal of a child arrive")
    func output() throws {
        #expect(try run("echo out; echo err >&2; exit 3") == ("out\nerr", 3))
        #expect(try run("kill -9 $$").1 == -SIGKILL)
    }

    @Test("A child has no descriptor but the standard three, and the one it is given as its fourth")
    func descriptors() throws {
        // The directory is read through one more descriptor, which is the last.
        #expect(try run("ls /proc/self/fd | head -n -1 | tr '\\n' ' '").0 == "0 1 2")
        let file = cprocess_open("/dev/null", O_RDONLY, 0)
        defer { close(file) }
        #expect(try run("readlink /proc/self/fd/3") { $0.inherited = file }.0 == "/dev/null")
    }

    @Test("Standard input is empty")
    func input() throws {
        #expect(try run("cat; echo end").0 == "end")
    }

    @Test("Variables are added to the environment, or replace what is there")
    func environment() throws {
        setenv("GYRE_TEST_KEPT", "kept", 1)
        setenv("GYRE_TEST_CHANGED", "before", 1)
        let (text, _) = try run("echo $GYRE_TEST_KEPT $GYRE_TEST_CHANGED $GYRE_TEST_NEW") {
            $0.environment = ["GYRE_TEST_CHANGED": "after", "GYRE_TEST_NEW": "a=b"]
        }
        #expect(text == "kept after a=b")
    }

    @Test("A child leads a process group of its own, or a session, so that Ctrl-C does not reach it")
    func groups() throws {
        #expect(try run("test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo leads").0 == "leads")
        #expect(
            try run("test $(cut -d' ' -f6 /proc/$$/stat) = $$ && echo leads") { $0.beginsSession = true }.0 == "leads")
    }

    @Test("A program that is not there is an error that says so, and leaves no child")
    func missing() {
        let error = #expect(throws: CommandFailure.self) { try ChildProcess(program: "/nowhere/x").start() }
        #expect(error?.message == "/nowhere/x cannot be started: No such file or directory.")
    }

    @Test("A child that dies with its parent is asked to end when the thread that started it ends")
    func parentDeath() throws {
        let started = AtomicPID()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                var child = ChildProcess(program: "/bin/sleep", arguments: ["60"])
                child.diesWithParent = true
                Unmanaged<AtomicPID>.fromOpaque(box).takeUnretainedValue().store((try? child.start()) ?? -1)
                return nil
            }, Unmanaged.passUnretained(started).toOpaque())
        pthread_join(thread, nil)
        let pid = started.load()
        try #require(pid > 0)
        var (status, signal): (Int32, Int32) = (0, 0)
        var result: Int32 = 0
        for _ in 0..<2_000 where result == 0 {
            result = cprocess_reap(pid, &status, &signal)
            usleep(1_000)
        }
        if result == 0 { kill(pid, SIGKILL) }
        #expect(result == 1 && signal == SIGTERM)
    }
}

@Suite struct RunningProcessTests {
    @Test("This process is alive, and has a name")
    func alive() {
        #expect(RunningProcess(pid: getpid())?.program.isEmpty == false)
    }

    @Test("A child that ended is not alive, even before anybody noticed")
    func zombie() throws {
        let pid = try ChildProcess(program: "/bin/true").start()
        for _ in 0..<2_000 where RunningProcess(pid: pid) != nil { usleep(1_000) }
        #expect(RunningProcess(pid: pid) == nil)
        var (status, signal): (Int32, Int32) = (0, 0)
        #expect(cprocess_reap(pid, &status, &signal) == 1)
        #expect(RunningProcess(pid: -1) == nil)
    }
}

@Suite struct SuiteLockTests {
    @Test("The lock is held until every copy of its descriptor is closed, those in children too")
    func children() throws {
        try withTemporaryDirectory { path in
            let directory = DataDirectory(path)
            try directory.create()
            #expect(!SuiteLock.isHeld(in: directory))
            var child = ChildProcess(program: "/bin/sleep", arguments: ["60"])
            do {
                let lock = try SuiteLock.take(in: directory) { Issue.record("nobody else is there") }
                #expect(SuiteLock.isHeld(in: directory))
                #expect(SmallFile.text(directory.lockFile) == String(getpid()))
                child.inherited = lock.descriptor
                child.diesWithParent = true
                let pid = try child.start()
                defer { kill(pid, SIGKILL) }
                close(lock.descriptor)
                #expect(SuiteLock.isHeld(in: directory))
                kill(pid, SIGKILL)
                for _ in 0..<2_000 where SuiteLock.isHeld(in: directory) { usleep(1_000) }
                #expect(!SuiteLock.isHeld(in: directory))
            }
        }
    }
}
