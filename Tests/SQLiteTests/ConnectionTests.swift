import Foundation
import Testing

@testable import SQLite

@Suite struct ConnectionTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func create() throws -> Connection { try Connection(path: directory.file("a.db"), .create) }

    @Test("A file that does not exist is not created unless asked for")
    func noCreation() throws {
        let error = #expect(throws: SQLiteError.self) { try Connection(path: directory.file("a.db")) }
        #expect(error?.isCannotOpen == true)
        #expect(error?.message.contains("a.db") == true)
        #expect(try directory.files() == [])
        _ = try create()
        #expect(try directory.files() == ["a.db"])
    }

    @Test("A file that is no database is refused when it is opened, for writing and for reading")
    func noDatabase() throws {
        try Array(repeating: "no database", count: 100).joined().write(
            toFile: directory.file("a.db"), atomically: false, encoding: .utf8)
        for options in [OpenOptions.existing, .readOnly] {
            let error = #expect(throws: SQLiteError.self) { try Connection(path: directory.file("a.db"), options) }
            #expect(error?.isCorrupt == true)
        }
    }

    @Test(
        "A connection is durable, overwrites what it deletes, and enforces foreign keys"
    )
    func settings() throws {
        let connection = try create()
        #expect(try connection.texts("PRAGMA journal_mode") == ["wal"])
        #expect(try connection.numbers("PRAGMA synchronous") == [2])
        #expect(try connection.numbers("PRAGMA secure_delete") == [1])
        #expect(try connection.numbers("PRAGMA temp_store") == [2])
        #expect(try connection.numbers("PRAGMA foreign_keys") == [1])
        #expect(try connection.numbers("PRAGMA cache_size") == [-16_384])
    }

    @Test("A misspelt column in double quotes is an error, not a text")
    func doubleQuotes() throws {
        #expect(throws: SQLiteError.self) { try create().execute(#"SELECT "misspelt""#) }
    }

    @Test("A read-only connection refuses to write, and sees what others commit")
    func readOnly() throws {
        let writer = try create()
        try writer.execute("CREATE TABLE t (x)")
        let reader = try Connection(path: directory.file("a.db"), .readOnly)
        try writer.execute("INSERT INTO t VALUES (7)")
        #expect(try reader.numbers("SELECT x FROM t") == [7])
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (8)") }
        #expect(error?.code == 8)
    }

    @Test("A reader that closes last leaves the log to the writer")
    func readerDoesNotCheckpoint() throws {
        var writer: Connection? = try create()
        try writer?.execute("CREATE TABLE t (x)")
        var reader: Connection? = try Connection(path: directory.file("a.db"), .readOnly)
        _ = try reader?.numbers("SELECT x FROM t")
        writer = nil
        reader = nil
        #expect(try directory.files().contains("a.db-wal"))
        writer = try Connection(path: directory.file("a.db"))
        #expect(try writer?.texts("SELECT name FROM sqlite_schema") == ["t"])
        _ = reader
    }

    @Test("A constraint that refuses names itself and its statement, without the values")
    func constraint() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x TEXT NOT NULL UNIQUE)")
        let insert = try connection.statement("INSERT INTO t (x) VALUES (:x)")
        try insert.bind([":x": "a secret"])
        try insert.run()
        let error = #expect(throws: SQLiteError.self) { try insert.run() }
        #expect(error?.isUnique == true)
        #expect(error?.isConstraint == true)
        #expect(error?.extendedCode == 2_067)
        #expect(error?.sql == "INSERT INTO t (x) VALUES (:x)")
        #expect(error?.description.contains("a secret") == false)
    }

    @Test("A missing value is a constraint, and not one of uniqueness")
    func notNull() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x TEXT NOT NULL)")
        let error = #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES (NULL)") }
        #expect(error?.isConstraint == true)
        #expect(error?.isUnique == false)
    }

    @Test("Changes and the last rowid are those of the last statement")
    func changes() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)")
        #expect(connection.changes == 3)
        #expect(connection.lastInsertRowID == 3)
        try connection.execute("UPDATE t SET x = 0 WHERE x > 1")
        #expect(connection.changes == 2)
    }

    @Test("A transaction that throws leaves nothing, one that returns leaves everything")
    func transactions() throws {
        struct Stop: Error {}
        let connection = try create()
        try connection.execute("CREATE TABLE t (x)")
        try connection.transaction { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (2)")
                throw Stop()
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try connection.numbers("SELECT x FROM t") == [1])
    }

    @Test("A savepoint that throws undoes itself and not what surrounds it")
    func savepoints() throws {
        struct Stop: Error {}
        let connection = try create()
        try connection.execute("CREATE TABLE t (x)")
        try connection.transaction {
            try connection.execute("INSERT INTO t VALUES (1)")
            try? connection.savepoint {
                try connection.execute("INSERT INTO t VALUES (2)")
                try connection.savepoint { try connection.execute("INSERT INTO t VALUES (3)") }
                throw Stop()
            }
            try connection.savepoint { try connection.execute("INSERT INTO t VALUES (4)") }
        }
        #expect(try connection.numbers("SELECT x FROM t") == [1, 4])
    }

    @Test("A statement that stands on a row does not keep a transaction from ending")
    func abandonedStatement() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)")
        let select = try connection.statement("SELECT x FROM t")
        try connection.transaction(.deferred) { _ = try select.step() }
        #expect(!connection.isInTransaction)
        try connection.checkpointTruncate()
    }

    @Test("A backup is the database as it was, and replaces what was there")
    func backup() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        let path = directory.file("copy.db")
        try connection.backup(to: path)
        try connection.execute("INSERT INTO t VALUES (2)")
        #expect(try Connection(path: path).numbers("SELECT x FROM t") == [1])
        try connection.backup(to: path)
        #expect(try Connection(path: path).numbers("SELECT x FROM t") == [1, 2])
    }

    @Test("A backup in steps is of the moment at which it began, however much others write meanwhile")
    func backupInSteps() throws {
        let writer = try create()
        try writer.execute("CREATE TABLE t (x, filler)")
        try writer.transaction {
            for number in 1...200 { try writer.execute("INSERT INTO t VALUES (\(number), zeroblob(3000))") }
        }
        let reader = try Connection(path: writer.path, .readOnly)
        let path = directory.file("copy.db")
        var steps = 0
        try reader.backup(to: path, pagesPerStep: 10) { () throws(SQLiteError) in
            steps += 1
            try writer.execute(
                "INSERT INTO t VALUES (\(1_000 + steps), zeroblob(3000)); DELETE FROM t WHERE x = \(steps)")
        }
        #expect(steps > 10)
        #expect(try Connection(path: path).numbers("SELECT x FROM t ORDER BY x") == Array(1...200))
        #expect(try Connection(path: path).integrityProblems() == [])
        #expect(try writer.numbers("SELECT count(*) FROM t") == [200])
        #expect(!reader.isInTransaction)
    }

    @Test("What is thrown between two steps ends a backup, and the connection goes on")
    func backupGivenUp() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))")
        let stop = SQLiteError(extendedCode: 9, message: "enough")
        let error = #expect(throws: SQLiteError.self) {
            try connection.backup(to: directory.file("copy.db"), pagesPerStep: 2) { () throws(SQLiteError) in throw stop
            }
        }
        #expect(error?.message == "enough")
        try connection.execute("INSERT INTO t VALUES (1)")
    }

    @Test("A backup to a place that cannot be written says which")
    func backupNowhere() throws {
        let connection = try create()
        let error = #expect(throws: SQLiteError.self) { try connection.backup(to: directory.file("no/copy.db")) }
        #expect(error?.message.contains("no/copy.db") == true)
    }

    @Test("A TRUNCATE checkpoint leaves no byte in the log, and is busy while a reader is at work")
    func checkpoint() throws {
        let connection = try Connection(
            path: directory.file("a.db"), OpenOptions(create: true, busyTimeoutMilliseconds: 0))
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        let reader = try Connection(path: directory.file("a.db"), .readOnly)
        let select = try reader.statement("SELECT x FROM t")
        _ = try select.step()
        try connection.execute("INSERT INTO t VALUES (2)")
        let error = #expect(throws: SQLiteError.self) { try connection.checkpointTruncate() }
        #expect(error?.isBusy == true)
        select.reset()
        try connection.checkpointTruncate()
        let size = try FileManager.default.attributesOfItem(atPath: directory.file("a.db-wal"))[.size] as? Int
        #expect(size == 0)
    }

    @Test("VACUUM works as maintenance, although SQL may not say it")
    func vacuum() throws {
        let connection = try create()
        try connection.execute("CREATE TABLE t (x)")
        #expect(throws: SQLiteError.self) { try connection.execute("VACUUM") }
        try connection.vacuum()
        #expect(throws: SQLiteError.self) { try connection.execute("VACUUM") }
    }

    @Test("The soft heap limit is set for the whole process and bounds the caches")
    func softLimit() throws {
        let before = SQLiteMemory.softLimitBytes
        defer { SQLiteMemory.setSoftLimit(bytes: before) }
        SQLiteMemory.setSoftLimit(bytes: 512 * 1_024 * 1_024)
        #expect(SQLiteMemory.softLimitBytes == 512 * 1_024 * 1_024)
        let connection = try create()
        #expect(SQLiteMemory.usedBytes > 0)
        connection.releaseMemory()
    }
}
