import CFaultVFS
import Testing

@testable import SQLite

/// Some errors make SQLite roll the whole transaction back by itself, in the middle of a work.
@Suite struct LostTransactionTests {
    private static let file = DatabaseFile("a.db")

    private func queue(on disk: FaultDisk) throws -> CommitQueue {
        try disk.open("a.db", create: true).execute("CREATE TABLE t (x)")
        return CommitQueue(name: "writer", checkpointsAside: false) { file throws(SQLiteError) in
            try disk.open(file.path)
        }
    }

    /// Inserts without end until it is interrupted, takes no notice, and goes on to write.
    private let careless = RecordedWork { connection in
        connection.limitTime(nanoseconds: 5_000_000)
        try? connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i FROM n")
        connection.limitTime(nanoseconds: nil)
        try? connection.execute("INSERT INTO t VALUES ('after')")
        let insert = try? connection.statement("INSERT INTO t VALUES ('cached')")
        try? insert?.run()
        try? connection.savepoint { try connection.execute("INSERT INTO t VALUES ('in a savepoint')") }
        return .keep
    }

    @Test("When a transaction is lost in one work, none of its batch is kept, and nothing commits by itself afterwards")
    func interruptedWrite() async throws {
        let disk = try FaultDisk()
        let queue = try queue(on: disk)
        let before = RecordedWork.insert(1)
        let after = RecordedWork.insert(2)
        let release = queue.hold()
        for work in [before, careless, after] { #expect(queue.submit(work, to: Self.file)) }
        release()
        await queue.pass(Self.file)
        #expect(before.events == [.performed, .failed(9)])
        #expect(careless.events == [.performed, .failed(9)])
        #expect(after.events == [.failed(9)])
        #expect(try disk.open("a.db").numbers("SELECT count(*) FROM t") == [0])

        #expect(queue.submit(RecordedWork.insert(3), to: Self.file))
        await queue.pass(Self.file)
        #expect(try disk.open("a.db").numbers("SELECT x FROM t") == [3])
    }

    @Test("A work that is alone in its transaction is no exception")
    func interruptedAlone() async throws {
        let disk = try FaultDisk()
        let queue = try queue(on: disk)
        #expect(queue.submit(careless, to: Self.file))
        await queue.pass(Self.file)
        #expect(careless.events == [.performed, .failed(9)])
        #expect(try disk.open("a.db").numbers("SELECT count(*) FROM t") == [0])
    }

    @Test("A disk that is full in the middle of a statement fails the batch, and the next one is kept")
    func fullWhileSpilling() async throws {
        let disk = try FaultDisk()
        let queue = try queue(on: disk)
        try await queue.maintain(Self.file) { try $0.setSpill(true) }
        let large = RecordedWork { connection in
            disk.arm(FAULT_FULL, at: 1)
            try? connection.execute(
                """
                WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
                INSERT INTO t SELECT randomblob(2000) FROM n
                """)
            disk.disarm()
            try connection.execute("INSERT INTO t VALUES ('after')")
            return .keep
        }
        let release = queue.hold()
        for work in [RecordedWork.insert(1), large] { #expect(queue.submit(work, to: Self.file)) }
        release()
        await queue.pass(Self.file)
        #expect(large.events == [.performed, .failed(13)])
        #expect(try disk.open("a.db").numbers("SELECT count(*) FROM t") == [0])
        #expect(queue.submit(RecordedWork.insert(3), to: Self.file))
        await queue.pass(Self.file)
        #expect(try disk.open("a.db").numbers("SELECT x FROM t") == [3])
    }
}
