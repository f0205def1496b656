import CFaultVFS
import Foundation
import Testing

@testable import SQLite

@Suite struct TraceTests {
    private static let rows = 6_000

    /// Rows with random keys, changed now and then, so that pages split and merge in every way; each row carries its
    /// own mark in the table and in an index.
    private func fill(_ connection: Connection, rows: Int) throws -> [Int64] {
        try connection.execute(
            """
            CREATE TABLE people (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, email TEXT NOT NULL, notes TEXT);
            CREATE INDEX people_email ON people (email);
            """)
        var random = SplitMix64(seed: 4)
        var ids: [Int64] = []
        for _ in 0..<rows / 100 {
            try connection.transaction {
                for _ in 0..<100 {
                    let number = ids.count
                    ids.append(Int64(random.next() >> 1))
                    let insert = try connection.statement("INSERT INTO people VALUES (?1, ?2, ?3, ?4)")
                    try insert.bind([
                        ids[number], "\(random.next())", "\(random.next() % 99_999) \(mark(number))",
                        String(repeating: "n", count: Int(random.next() % 300)) + mark(number),
                    ])
                    try insert.run()
                    let changed = Int(random.next() % UInt64(ids.count))
                    let update = try connection.statement("UPDATE people SET notes = ?2 WHERE id = ?1")
                    try update.bind([
                        ids[changed], String(repeating: "m", count: Int(random.next() % 600)) + mark(changed),
                    ])
                    try update.run()
                }
            }
        }
        return ids
    }

    private func mark(_ number: Int) -> String { "<person-\(number)>" }

    private func delete(_ numbers: some Sequence<Int>, of ids: [Int64], on connection: Connection) throws {
        for number in numbers {
            let delete = try connection.statement("DELETE FROM people WHERE id = ?1")
            try delete.bind(ids[number], at: 1)
            try delete.run()
        }
    }

    /// The rows whose marks are found in any file of the directory.
    private func found(in directory: TemporaryDirectory) throws -> Set<Int> {
        var numbers: Set<Int> = []
        for name in try directory.files() {
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: directory.file(name))), as: UTF8.self)
            for match in text.matches(of: /<person-(\d+)>/) { numbers.insert(Int(match.1) ?? -1) }
        }
        return numbers
    }

    @Test("After erasing traces no deleted row is found in any byte, which secure_delete alone does not achieve")
    func noTrace() throws {
        let directory = try TemporaryDirectory()
        let connection = try Connection(path: directory.file("a.db"), .create)
        let ids = try fill(connection, rows: Self.rows)
        let deleted = Set(stride(from: 0, to: Self.rows, by: 4))
        try delete(deleted, of: ids, on: connection)
        try connection.checkpointTruncate()
        #expect(try !found(in: directory).isDisjoint(with: deleted), "or the rest of this test proves nothing")

        #expect(try connection.eraseTraces() > 0)
        #expect(try found(in: directory) == Set(0..<Self.rows).subtracting(deleted))
        #expect(try connection.integrityProblems() == [])
        #expect(try connection.eraseTraces() == 0, "everything was overwritten the first time")

        // What the connection had in its cache does not bring anything back.
        try connection.execute("UPDATE people SET key = key || 'x'")
        #expect(try found(in: directory).isDisjoint(with: deleted))
        #expect(try connection.numbers("SELECT count(*) FROM people") == [Int64(Self.rows - deleted.count)])
    }

    @Test("Erasing traces is busy while a reader needs the log, and goes on beside one that does not")
    func readers() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.db")
        let connection = try Connection(path: path, OpenOptions(create: true, busyTimeoutMilliseconds: 0))
        let ids = try fill(connection, rows: 400)
        let reader = try Connection(path: path, .readOnly)
        let select = try reader.statement("SELECT id FROM people")
        _ = try select.step()
        try delete(0..<10, of: ids, on: connection)
        let error = #expect(throws: SQLiteError.self) { try connection.eraseTraces() }
        #expect(error?.isBusy == true)
        #expect(!connection.isInTransaction)
        select.reset()
        #expect(try connection.eraseTraces() > 0)
        #expect(try reader.numbers("SELECT count(*) FROM people") == [390])
    }

    @Test("Power lost at any moment of erasing traces leaves the same rows and a sound file")
    func powerLoss() throws {
        let disk = try FaultDisk()
        let connection = try disk.open("a.db", create: true)
        let ids = try fill(connection, rows: 300)
        try delete(0..<100, of: ids, on: connection)
        let expected = try connection.texts("SELECT id || notes FROM people ORDER BY id")
        var cleared = 0
        let left = try disk.powerLosses { cleared = try connection.eraseTraces() }
        #expect(cleared > 10)
        for disk in left {
            let found = try disk.open("a.db")
            #expect(try found.integrityProblems() == [])
            #expect(try found.texts("SELECT id || notes FROM people ORDER BY id") == expected)
        }
    }

    @Test("Only b-tree pages have unallocated space, and the first page has its header before it")
    func ranges() {
        func range(_ bytes: [UInt8], isFirst: Bool = false, count: Int = 512) -> Range<Int>? {
            (bytes + [UInt8](repeating: 0xFF, count: count - bytes.count)).withUnsafeBytes {
                UnallocatedSpace.range(in: $0, isFirst: isFirst)
            }
        }
        #expect(range([0x0D, 0, 0, 0, 3, 1, 0, 0]) == 14..<256)
        #expect(range([0x05, 0, 0, 0, 3, 1, 0, 0]) == 18..<256)
        #expect(range([UInt8](repeating: 0, count: 100) + [0x0A, 0, 0, 0, 0, 2, 0, 0], isFirst: true) == 108..<512)
        #expect(range([0x0D, 0, 0, 0, 0, 0, 0, 0], count: 65_536) == 8..<65_536)
        #expect(range([0x00, 0, 0, 0, 3, 1, 0, 0]) == nil)
        #expect(range([0x0D, 0, 0, 0, 3, 2, 1, 0]) == nil, "the content would begin behind the page")
        #expect(range([0x0D, 0, 0, 1, 0, 0, 8, 0]) == nil, "the cells would lie on the content")
    }
}
