import Synchronization
import Testing

@testable import SQLite

@Suite struct CommitQueueTests {
    private let directory: TemporaryDirectory
    private let file: DatabaseFile

    init() throws {
        directory = try TemporaryDirectory()
        file = DatabaseFile(directory.file("a.db"))
        try Self.create(file)
    }

    private static func create(_ file: DatabaseFile) throws {
        try Connection(path: file.path, .create).execute(
            """
            CREATE TABLE t (x INTEGER);
            CREATE TABLE parents (id INTEGER PRIMARY KEY);
            CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
            """)
    }

    private func queue(_ limits: CommitQueue.Limits = CommitQueue.Limits()) -> CommitQueue {
        CommitQueue(name: "writer", limits: limits) { file throws(SQLiteError) in try Connection(path: file.path) }
    }

    private func rows() throws -> [Int64] {
        try Connection(path: file.path, .readOnly).numbers("SELECT x FROM t ORDER BY rowid")
    }

    @Test("A write is on disk when it returns, with its result")
    func write() async throws {
        let queue = queue()
        let id = try await queue.write(file) { connection in
            try connection.execute("INSERT INTO t VALUES (7)")
            return connection.lastInsertRowID
        }
        #expect(id == 1)
        #expect(try rows() == [7])
    }

    @Test("A write that throws leaves nothing and hands its error on")
    func writeThrows() async throws {
        struct Refused: Error, Equatable {}
        let queue = queue()
        await #expect(throws: Refused()) {
            try await queue.write(file) { connection in
                try connection.execute("INSERT INTO t VALUES (7)")
                throw Refused()
            }
        }
        #expect(try rows() == [])
    }

    @Test(
        "In a batch each work keeps or loses its own changes, in the order they were submitted",
        arguments: [true, false])
    func batch(mayBePerformedAgain: Bool) async throws {
        let queue = queue()
        let works = (0..<100).map {
            RecordedWork.insert(
                Int64($0), $0 % 7 == 3 ? .rollBack : .keep, mayBePerformedAgain: mayBePerformedAgain)
        }
        let release = queue.hold()
        for work in works { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        #expect(try rows() == (0..<100).filter { $0 % 7 != 3 })
        for work in works {
            #expect(work.events.last == .committed)
            #expect(work.events.count == 2 || mayBePerformedAgain)
        }
    }

    @Test("A work that may be performed again is, when another of its chunk is undone after it changed something")
    func performedAgain() async throws {
        let queue = queue()
        let works = [
            RecordedWork.insert(1, mayBePerformedAgain: true),
            RecordedWork.insert(2, .rollBack, mayBePerformedAgain: true),
            RecordedWork.insert(3, mayBePerformedAgain: true), RecordedWork.insert(4),
        ]
        let release = queue.hold()
        for work in works { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        #expect(
            works.map(\.events) == [
                [.performed, .performed, .committed], [.performed, .performed, .committed], [.performed, .committed],
                [.performed, .committed],
            ])
        #expect(try rows() == [1, 3, 4])
    }

    @Test("A work that is undone before it changed anything makes nobody begin again")
    func undoneEarly() async throws {
        let queue = queue()
        let looks = RecordedWork(mayBePerformedAgain: true) { connection in
            _ = try connection.statement("SELECT count(*) FROM t").step()
            return .rollBack
        }
        // The second insert violates the primary key, and so changes nothing.
        let refused = RecordedWork(mayBePerformedAgain: true) { connection in
            try connection.statement("INSERT INTO parents (id) VALUES (1)").run()
            return .keep
        }
        let works = [
            RecordedWork.insert(1, mayBePerformedAgain: true), looks, RecordedWork.insert(3, mayBePerformedAgain: true),
            refused,
        ]
        try await queue.write(file) { try $0.execute("INSERT INTO parents (id) VALUES (1)") }
        let release = queue.hold()
        for work in works { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        for work in works { #expect(work.events == [.performed, .committed]) }
        #expect(try rows() == [1, 3])
    }

    @Test("A work that violates a deferred foreign key fails alone", arguments: [true, false])
    func deferredForeignKey(mayBePerformedAgain: Bool) async throws {
        let queue = queue()
        let orphan = RecordedWork(mayBePerformedAgain: mayBePerformedAgain) { connection in
            try connection.execute("INSERT INTO children VALUES (99)")
            return .keep
        }
        let works = [
            RecordedWork.insert(1, mayBePerformedAgain: mayBePerformedAgain), orphan,
            RecordedWork.insert(2, mayBePerformedAgain: mayBePerformedAgain),
        ]
        let release = queue.hold()
        for work in works { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        #expect(works.map(\.events.last) == [.committed, .failed(19), .committed])
        #expect(try rows() == [1, 2])
        let alone = RecordedWork { connection in
            try connection.execute("INSERT INTO children VALUES (99)")
            return .keep
        }
        #expect(queue.submit(alone, to: file))
        await queue.pass(file)
        #expect(alone.events == [.performed, .failed(19)])
        #expect(try Connection(path: file.path).numbers("SELECT count(*) FROM children") == [0])
    }

    @Test("A statement that a work leaves on a row disturbs neither the next work nor the commit")
    func abandonedStatement() async throws {
        let queue = queue()
        let abandons = RecordedWork { connection in
            try connection.execute("INSERT INTO t VALUES (1), (2)")
            _ = try connection.statement("SELECT x FROM t").step()
            return .rollBack
        }
        let release = queue.hold()
        for work in [abandons, RecordedWork.insert(3), abandons] { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        #expect(try rows() == [3])
    }

    @Test("A work cannot end the transaction it shares")
    func noCommitInWork() async throws {
        let queue = queue()
        let cheat = RecordedWork { connection in
            try connection.execute("INSERT INTO t VALUES (1)")
            try connection.execute("COMMIT")
            return .keep
        }
        let release = queue.hold()
        for work in [cheat, RecordedWork.insert(2)] { #expect(queue.submit(work, to: file)) }
        release()
        await queue.pass(file)
        #expect(try rows() == [2])
    }

    @Test("A file that cannot be opened fails its own works, and those of other files go on")
    func cannotOpen() async throws {
        let queue = queue()
        let lost = RecordedWork.insert(1)
        let kept = RecordedWork.insert(2)
        #expect(queue.submit(lost, to: DatabaseFile(directory.file("erased.db"))))
        #expect(queue.submit(kept, to: file))
        await queue.pass(file)
        #expect(lost.events == [.failed(14)])
        #expect(kept.events == [.performed, .committed])
        #expect(try !directory.files().contains("erased.db"))
    }

    @Test("Files take turns: one with many works delays another by one batch")
    func turns() async throws {
        let other = DatabaseFile(directory.file("b.db"))
        try Self.create(other)
        let order = Mutex<[String]>([])
        let queue = queue(CommitQueue.Limits(batch: 2))
        func note(_ name: String) -> RecordedWork {
            RecordedWork { _ in
                order.withLock { $0.append(name) }
                return .keep
            }
        }
        let release = queue.hold()
        for _ in 0..<5 { #expect(queue.submit(note("a"), to: file)) }
        for _ in 0..<2 { #expect(queue.submit(note("b"), to: other)) }
        release()
        await queue.pass(file)
        #expect(order.withLock { $0 } == ["a", "a", "b", "b", "a", "a", "a"])
    }

    @Test("Maintenance runs outside a transaction, in its place in the file's line")
    func maintenance() async throws {
        let queue = queue()
        let release = queue.hold()
        #expect(queue.submit(RecordedWork.insert(1), to: file))
        async let seen = queue.maintain(file) { connection in
            #expect(!connection.isInTransaction)
            try connection.checkpointTruncate()
            return try connection.numbers("SELECT x FROM t")
        }
        release()
        #expect(try await seen == [1])
    }

    @Test("A transaction that maintenance forgot is rolled back, and what comes next works")
    func maintenanceForgets() async throws {
        let queue = queue()
        try await queue.maintain(file) { connection in
            try connection.withoutAuthorizer { try connection.execute("BEGIN; INSERT INTO t VALUES (1)") }
        }
        try await queue.write(file) { try $0.execute("INSERT INTO t VALUES (2)") }
        #expect(try rows() == [2])
    }

    @Test("A closed file has no descriptor, and the next work opens it again")
    func close() async throws {
        let opened = Atomic(0)
        let queue = CommitQueue(name: "writer") { file throws(SQLiteError) in
            opened.wrappingAdd(1, ordering: .relaxed)
            return try Connection(path: file.path)
        }
        try await queue.write(file) { try $0.execute("INSERT INTO t VALUES (1)") }
        #expect(try directory.files() == ["a.db", "a.db-shm", "a.db-wal"])
        await queue.close(file)
        #expect(try directory.files() == ["a.db"])
        try await queue.write(file) { try $0.execute("INSERT INTO t VALUES (2)") }
        #expect(opened.load(ordering: .relaxed) == 2)
    }

    @Test("Stopping finishes what waits, refuses what comes later, and closes the files")
    func stop() async throws {
        let queue = queue()
        let release = queue.hold()
        let works = (0..<10).map { RecordedWork.insert(Int64($0)) }
        for work in works { #expect(queue.submit(work, to: file)) }
        release()
        queue.stop()
        for work in works { #expect(work.events == [.performed, .committed]) }
        #expect(!queue.submit(RecordedWork.insert(99), to: file))
        await #expect(throws: QueueRefusal.stopped) { try await queue.write(file) { _ in } }
        await #expect(throws: QueueRefusal.stopped) { try await queue.maintain(file) { _ in } }
        await queue.close(file)
        #expect(try directory.files() == ["a.db"])
        queue.stop()
    }

    @Test("A work may be the last to hold its queue")
    func lastReference() async throws {
        let answered = Monitor(false)
        do {
            let queue = queue()
            let release = queue.hold()
            let work = RecordedWork { _ in
                withExtendedLifetime(queue) { answered.change { $0 = true } }
                return .keep
            }
            #expect(queue.submit(work, to: file))
            release()
        }
        answered.wait { $0 ? () : nil }
    }

    @Test("A write whose task was cancelled before its turn changes nothing")
    func cancellation() async throws {
        let queue = queue()
        let release = queue.hold()
        let file = file
        let task = Task { try await queue.write(file) { try $0.execute("INSERT INTO t VALUES (1)") } }
        task.cancel()
        while queue.waitingCount == 0 { await Task.yield() }
        release()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try rows() == [])
    }

    @Test("A queue of several threads keeps the order of each file, and loses nothing when it stops")
    func severalThreads() async throws {
        let files = (0..<12).map { DatabaseFile(directory.file("many-\($0).db")) }
        for file in files { try Self.create(file) }
        let queue = CommitQueue(name: "writer", threads: 3) { file throws(SQLiteError) in
            try Connection(path: file.path)
        }
        for number in 0..<600 { #expect(queue.submit(RecordedWork.insert(Int64(number)), to: files[number % 12])) }
        queue.stop()
        #expect(queue.waitingCount == 0)
        for (position, file) in files.enumerated() {
            let found = try Connection(path: file.path).numbers("SELECT x FROM t ORDER BY rowid")
            #expect(found == Array(stride(from: Int64(position), to: 600, by: 12)))
        }
    }
}
