import Synchronization
import Testing

@testable import SQLite

@Suite struct ReadQueueTests {
    private let directory: TemporaryDirectory
    private let file: DatabaseFile

    private static let endless =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

    init() throws {
        directory = try TemporaryDirectory()
        file = DatabaseFile(directory.file("a.db"))
        try Connection(path: file.path, .create).execute("CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)")
    }

    private func queue(threads: Int = 2, _ limits: ReadQueue.Limits = ReadQueue.Limits()) -> ReadQueue {
        ReadQueue(name: "reader", threads: threads, limits: limits) { file throws(SQLiteError) in
            try Connection(path: file.path, .readOnly)
        }
    }

    @Test("A read sees what was committed before it was submitted")
    func read() async throws {
        let queue = queue()
        let writer = try Connection(path: file.path)
        for value in 2..<20 {
            try writer.execute("INSERT INTO t VALUES (\(value))")
            #expect(try await queue.read(file) { try $0.numbers("SELECT max(x) FROM t") } == [Int64(value)])
        }
    }

    @Test("All statements of a read see the same state")
    func snapshot() async throws {
        let queue = queue()
        let file = file
        let counts = try await queue.read(file) { connection in
            let before = try connection.numbers("SELECT count(*) FROM t")
            try Connection(path: file.path).execute("INSERT INTO t VALUES (2)")
            return before + (try connection.numbers("SELECT count(*) FROM t"))
        }
        #expect(counts == [1, 1])
        #expect(try await queue.read(file) { try $0.numbers("SELECT count(*) FROM t") } == [2])
    }

    @Test("A read cannot write")
    func noWrites() async throws {
        let queue = queue()
        await #expect(throws: SQLiteError.self) {
            try await queue.read(file) { try $0.execute("INSERT INTO t VALUES (2)") }
        }
    }

    @Test("A read that takes longer than it may is interrupted, and the next one is not")
    func timeLimit() async throws {
        let queue = queue(threads: 1, ReadQueue.Limits(timeMilliseconds: 30))
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: SQLiteError.self) {
            try await queue.read(file) { try $0.numbers(Self.endless) }
        }
        #expect(error?.isInterrupted == true)
        #expect(clock.now - start > .milliseconds(25))
        #expect(try await queue.read(file) { try $0.numbers("SELECT x FROM t") } == [1])
    }

    @Test("After a read was interrupted nothing holds a TRUNCATE checkpoint up")
    func checkpointAfterInterrupt() async throws {
        let queue = queue(threads: 1, ReadQueue.Limits(timeMilliseconds: 30))
        _ = try? await queue.read(file) { connection in
            _ = try connection.statement("SELECT x FROM t").step()
            _ = try connection.numbers(Self.endless)
        }
        let writer = try Connection(path: file.path, OpenOptions(busyTimeoutMilliseconds: 0))
        try writer.execute("INSERT INTO t VALUES (2)")
        try writer.checkpointTruncate()
    }

    @Test("The first read of a batch can be interrupted without harm to the others")
    func interruptedInBatch() async throws {
        let queue = queue(threads: 1, ReadQueue.Limits(timeMilliseconds: 30))
        let file = file
        async let interrupted = queue.read(file) { connection in
            do {
                return try connection.numbers(Self.endless)
            } catch let error as SQLiteError {
                return [Int64(error.code)]
            }
        }
        async let second = queue.read(file) { try $0.numbers("SELECT x FROM t") }
        async let third = queue.read(file) { try $0.numbers("SELECT x + 1 FROM t") }
        #expect(try await second == [1])
        #expect(try await third == [2])
        #expect(try await interrupted == [9])
    }

    @Test("As many reads wait as may, and one more is refused", arguments: [1, 2, 5])
    func queued(limit: Int) async throws {
        let queue = queue(threads: 1, ReadQueue.Limits(queued: limit))
        let gate = Monitor(false)
        let isHeld = Monitor(false)
        let holder = CountedRead {
            isHeld.change { $0 = true }
            gate.wait { $0 ? () : nil }
        }
        #expect(queue.submit(holder, to: file))
        isHeld.wait { $0 ? () : nil }
        let count = Atomic(0)
        func work() -> CountedRead { CountedRead { count.wrappingAdd(1, ordering: .relaxed) } }
        for _ in 0..<limit - 1 { #expect(queue.submit(work(), to: file)) }
        #expect(queue.submit(work(), to: file))
        #expect(!queue.submit(work(), to: file))
        await #expect(throws: QueueRefusal.full) { try await queue.read(file) { _ in } }
        #expect(queue.waitingCount == limit)
        gate.change { $0 = true }
        queue.stop()
        #expect(count.load(ordering: .relaxed) == limit)
        await #expect(throws: QueueRefusal.stopped) { try await queue.read(file) { _ in } }
    }

    @Test("A file stays with its thread, and files are spread over the threads")
    func pinned() {
        let files = (0..<200).map { DatabaseFile("data/signals/\($0).db") }
        for threads in 1...4 {
            let counts = files.reduce(into: [Int](repeating: 0, count: threads)) { $0[$1.thread(of: threads)] += 1 }
            #expect(counts.allSatisfy { $0 > 200 / threads / 2 })
        }
        #expect(files[0].thread(of: 3) == DatabaseFile("data/signals/0.db").thread(of: 3))
    }

    @Test("A file that cannot be opened fails its reads, and is found when it is there")
    func appears() async throws {
        let queue = queue()
        let later = DatabaseFile(directory.file("later.db"))
        let error = await #expect(throws: SQLiteError.self) { try await queue.read(later) { _ in } }
        #expect(error?.isCannotOpen == true)
        try Connection(path: later.path, .create).execute("CREATE TABLE t (x)")
        #expect(try await queue.read(later) { try $0.numbers("SELECT count(*) FROM t") } == [0])
        await queue.close(later)
    }
}

/// A read that counts its answers.
private final class CountedRead: ReadWork {
    private let answered: @Sendable () -> Void

    init(answered: @escaping @Sendable () -> Void) { self.answered = answered }

    func perform(on connection: Connection) {}
    func finished() { answered() }
    func failed(_ error: SQLiteError) {}
}
