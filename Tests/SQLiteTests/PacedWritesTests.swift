import CPacedWrites
import Foundation
import Testing

@testable import SQLite

@Suite struct PacedWritesTests {
    @Test("Whatever the pace of its writes, a checkpoint moves everything", arguments: [1, 8, 100_000] as [UInt32])
    func paced(writes: UInt32) throws {
        let directory = try TemporaryDirectory()
        #expect(gyre_pace_writes(writes) == 0, "this SQLite does not let itself be told")
        defer { gyre_pace_writes(0) }
        let connection = try Connection(path: directory.file("a.db"), .create)
        try connection.execute(
            """
            CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT NOT NULL);
            WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000)
            INSERT INTO notes SELECT n, printf('%0300d', n) FROM numbers;
            """)
        try connection.checkpointTruncate()
        let size = try FileManager.default.attributesOfItem(atPath: directory.file("a.db"))[.size] as? Int
        #expect(size ?? 0 > 600_000)
        #expect(try connection.integrityProblems() == [])
    }
}
