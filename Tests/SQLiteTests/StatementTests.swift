import Testing

@testable import SQLite

@Suite struct StatementTests {
    private let connection: Connection

    init() throws {
        connection = try Connection(path: ":memory:", .create)
    }

    private func echo<T>(_ value: some SQLiteBindable, _ read: (Statement) -> T) throws -> T {
        let statement = try connection.prepare("SELECT ?1, typeof(?1)")
        try statement.bind(value, at: 1)
        #expect(try statement.step())
        return read(statement)
    }

    @Test("Every value comes back as it was bound")
    func roundTrip() throws {
        for value in [Int64.min, -1, 0, 1, Int64.max] { #expect(try echo(value) { $0.int64(0) } == value) }
        for value in [0.0, -0.5, .pi, .greatestFiniteMagnitude, .infinity] {
            #expect(try echo(value) { $0.double(0) } == value)
        }
        for value in ["", "text", "ümläut \u{1F600}", String(repeating: "x", count: 100_000), "with\0zero"] {
            #expect(try echo(value) { $0.text(0) } == value)
        }
        for value in [[], [0], [1, 2, 255], [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
            #expect(try echo(value) { $0.bytes(0) } == value)
        }
        #expect(try echo(true) { $0.bool(0) } == true)
        #expect(try echo(42) { $0.int(0) } == 42)
    }

    @Test("Each Swift type is stored as its own type of SQLite, and an empty text or blob is not NULL")
    func types() throws {
        #expect(try echo(1) { $0.text(1) } == "integer")
        #expect(try echo(Int32(1)) { $0.text(1) } == "integer")
        #expect(try echo(1.0) { $0.text(1) } == "real")
        #expect(try echo("") { $0.text(1) } == "text")
        #expect(try echo([UInt8]()) { $0.text(1) } == "blob")
        #expect(try echo(Int64?.none) { $0.text(1) } == "null")
        #expect(try echo(Int64?.some(3)) { $0.int64OrNil(0) } == 3)
        #expect(try echo(Double.nan) { $0.text(1) } == "null")
    }

    @Test("NULL reads as nil where asked, and else as nothing")
    func null() throws {
        let statement = try connection.prepare("SELECT NULL")
        _ = try statement.step()
        #expect(statement.isNull(0))
        #expect(statement.int64OrNil(0) == nil)
        #expect(statement.doubleOrNil(0) == nil)
        #expect(statement.textOrNil(0) == nil)
        #expect(statement.bytesOrNil(0) == nil)
        #expect(statement.int64(0) == 0)
        #expect(statement.text(0) == "")
        #expect(statement.bytes(0) == [])
    }

    @Test("Bytes that are bound without an array are copied before the call returns")
    func transientBytes() throws {
        let statement = try connection.prepare("SELECT ?1, ?2")
        var bytes: [UInt8] = [1, 2, 3]
        try bytes.withUnsafeBytes { try statement.bind(bytes: $0, at: 1) }
        var text = Array("abc".utf8)
        try text.withUnsafeBytes { try statement.bind(utf8: $0, at: 2) }
        bytes[0] = 9
        text[0] = 0x7A
        _ = try statement.step()
        #expect(statement.bytes(0) == [1, 2, 3])
        #expect(statement.text(1) == "abc")
        #expect(statement.withBytes(0) { $0.count } == 3)
        #expect(statement.withUTF8(1) { $0.first } == 0x61)
    }

    @Test("A text that is not UTF-8 in the database is read with replacement characters")
    func invalidUTF8() throws {
        let statement = try connection.prepare("SELECT CAST(x'61FF62' AS TEXT)")
        _ = try statement.step()
        #expect(statement.text(0) == "a\u{FFFD}b")
    }

    @Test("Binding outside the parameters is an error")
    func outOfRange() throws {
        let statement = try connection.prepare("SELECT ?1")
        #expect(throws: SQLiteError.self) { try statement.bind(1, at: 0) }
        #expect(throws: SQLiteError.self) { try statement.bind(1, at: 2) }
    }

    @Test("A statement can be run again after it has ended, with the bindings it had")
    func runAgain() throws {
        try connection.execute("CREATE TABLE t (x)")
        let insert = try connection.prepare("INSERT INTO t VALUES (?1)")
        try insert.bind(1, at: 1)
        try insert.run()
        try insert.run()
        #expect(try connection.numbers("SELECT x FROM t") == [1, 1])
    }

    @Test("More than one statement, or none, is refused; a comment behind it is not")
    func single() throws {
        #expect(throws: SQLiteError.self) { try connection.prepare("SELECT 1; SELECT 2") }
        #expect(throws: SQLiteError.self) { try connection.prepare("SELECT 1; nonsense") }
        #expect(throws: SQLiteError.self) { try connection.prepare("") }
        #expect(throws: SQLiteError.self) { try connection.prepare("-- nothing") }
        #expect(try connection.numbers("SELECT 1 ; -- one\n") == [1])
    }

    @Test("Columns have names and a count")
    func columns() throws {
        let statement = try connection.prepare("SELECT 1 AS one, 2 AS two")
        #expect(statement.columnCount == 2)
        #expect(statement.columnName(1) == "two")
        #expect(statement.isReadOnly)
    }

    @Test("Arguments fit by name in any order, and by position")
    func arguments() throws {
        let statement = try connection.prepare("SELECT :a || :b || :a")
        try statement.bind([":a": "x", ":b": "y"])
        _ = try statement.step()
        #expect(statement.text(0) == "xyx")
        statement.reset()
        try statement.bind([":b": "1", ":a": "2"])
        _ = try statement.step()
        #expect(statement.text(0) == "212")
        statement.reset()
        try statement.bind(["p", nil])
        _ = try statement.step()
        #expect(statement.isNull(0))
        try connection.prepare("SELECT 1").bind([:])
    }

    @Test("Arguments that do not fit are refused, and the message names both sides")
    func argumentsMisfit() throws {
        let statement = try connection.prepare("SELECT :a, :b")
        let misfits: [Arguments] = [
            [":a": 1], [":a": 1, ":c": 2], [":a": 1, ":a": 2], [":a": 1, ":b": 2, ":c": 3], [1], [1, 2, 3], [:],
        ]
        for misfit in misfits {
            let error = #expect(throws: SQLiteError.self) { try statement.bind(misfit) }
            #expect(error?.message.contains(#"":a", ":b""#) == true)
        }
    }

    @Test("A parameter can be bound by its name alone, and an unknown name is an error")
    func named() throws {
        let statement = try connection.prepare("SELECT :a")
        try statement.bind(5, named: ":a")
        _ = try statement.step()
        #expect(statement.int64(0) == 5)
        #expect(throws: SQLiteError.self) { try statement.bind(5, named: ":b") }
    }

    @Test("A statement outlives its connection without harm")
    func lifetime() throws {
        var other: Connection? = try Connection(path: ":memory:", .create)
        let statement = try #require(try other?.prepare("SELECT 1"))
        other = nil
        #expect(try statement.step())
        _ = other
    }
}
