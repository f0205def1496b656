import Synchronization
import Testing

@testable import SQLite

/// Every limit of the queue at one less, exactly, and one more.
@Suite struct CommitQueueLimitTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func file(_ name: String) throws -> DatabaseFile {
        let file = DatabaseFile(directory.file(name))
        try Connection(path: file.path, .create).execute("CREATE TABLE t (x INTEGER)")
        return file
    }

    @Test("As many works wait as may, one more is refused, and there is room again after a turn", arguments: [1, 2, 7])
    func queued(limit: Int) async throws {
        let file = try file("a.db")
        let queue = CommitQueue(name: "writer", limits: CommitQueue.Limits(queued: limit)) { file throws(SQLiteError) in
            try Connection(path: file.path)
        }
        let release = queue.hold()
        for number in 0..<limit - 1 { #expect(queue.submit(RecordedWork.insert(Int64(number)), to: file)) }
        #expect(queue.waitingCount == limit - 1)
        #expect(queue.submit(RecordedWork.insert(7), to: file))
        let refused = RecordedWork.insert(8)
        #expect(!queue.submit(refused, to: file))
        await #expect(throws: QueueRefusal.full) { try await queue.write(file) { _ in } }
        #expect(queue.waitingCount == limit)
        release()
        await queue.pass(file)
        #expect(refused.events == [])
        #expect(queue.waitingCount == 0)
        #expect(queue.submit(RecordedWork.insert(9), to: file))
    }

    @Test(
        "A batch takes as many works as it may, and the next takes the rest",
        arguments: [(3, [3]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
    func batch(works: Int, batches: [Int]) async throws {
        let file = try file("a.db")
        let answered = Mutex<(now: Int, batches: [Int])>((0, []))
        let queue = CommitQueue(name: "writer", limits: CommitQueue.Limits(batch: 4)) { file throws(SQLiteError) in
            try Connection(path: file.path)
        } afterBatch: {
            answered.withLock { answered in
                answered.batches.append(answered.now)
                answered.now = 0
            }
        }
        let release = queue.hold()
        for _ in 0..<works {
            let work = CountedWork { answered.withLock { $0.now += 1 } }
            #expect(queue.submit(work, to: file))
        }
        release()
        await queue.pass(file)
        #expect(answered.withLock { $0.batches } == batches)
    }

    @Test("As many files are open as may be, and one more closes the one used least recently", arguments: [1, 2, 3])
    func openFiles(limit: Int) async throws {
        let files = try (0...limit).map { try file("\($0).db") }
        let opened = Mutex<[String]>([])
        let queue = CommitQueue(name: "writer", limits: CommitQueue.Limits(openFiles: limit)) {
            file throws(SQLiteError) in
            opened.withLock { $0.append(String(file.path.suffix(4))) }
            return try Connection(path: file.path)
        }
        func write(_ file: DatabaseFile) async throws {
            try await queue.write(file) { try $0.execute("INSERT INTO t VALUES (1)") }
        }
        func openLogs() throws -> Int { try directory.files().filter { $0.hasSuffix("-wal") }.count }
        for file in files.dropLast() { try await write(file) }
        #expect(try openLogs() == limit)
        for file in files.dropLast() { try await write(file) }
        #expect(opened.withLock { $0.count } == limit, "while they fit, none is opened twice")
        try await write(files[limit])
        #expect(try openLogs() == limit)
        for file in files.dropFirst() { try await write(file) }
        #expect(opened.withLock { $0.count } == limit + 1, "the first was the one to go")
        try await write(files[0])
        #expect(opened.withLock { $0.last } == "0.db")
        #expect(try openLogs() == limit)
    }

    @Test("More works than open files lose nothing")
    func evictionLosesNothing() async throws {
        let files = try (0..<5).map { try file("\($0).db") }
        let queue = CommitQueue(name: "writer", limits: CommitQueue.Limits(batch: 3, openFiles: 2)) {
            file throws(SQLiteError) in try Connection(path: file.path)
        }
        let release = queue.hold()
        for number in 0..<100 { #expect(queue.submit(RecordedWork.insert(Int64(number)), to: files[number % 5])) }
        release()
        for file in files { await queue.pass(file) }
        for (position, file) in files.enumerated() {
            let expected = stride(from: Int64(position), to: 100, by: 5)
            #expect(try Connection(path: file.path).numbers("SELECT x FROM t ORDER BY rowid") == Array(expected))
        }
    }
}

/// A work that tells when it is answered.
private final class CountedWork: CommitWork {
    private let answered: @Sendable () -> Void

    init(answered: @escaping @Sendable () -> Void) { self.answered = answered }

    func perform(on connection: Connection) -> CommitDecision { .keep }
    func committed() { answered() }
    func failed(_ error: SQLiteError) {}
}
