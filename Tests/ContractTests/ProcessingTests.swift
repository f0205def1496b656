import Foundation
import SQLite
import ServiceKit
import Testing

/// What the data maps say for the record of processing and for retention rules.
@Suite struct ProcessingTests {
    @Test(
        "A table with data of people says what for, whose and which; one that is about nobody's customers may be staff's",
        arguments: SchemaTests.databases)
    func processing(database: SchemaTests.Database) throws {
        for table in database.map.tables {
            if table.subject != .nobody {
                #expect(table.processing?.people == .customers, "\(table.name) is somebody's and not in the record")
            }
            guard let processing = table.processing else { continue }
            #expect(!processing.purpose.isEmpty && !processing.data.isEmpty, "\(table.name)")
        }
    }

    @Test("The age of a row is something that the database can tell", arguments: SchemaTests.databases)
    func age(database: SchemaTests.Database) throws {
        let path = NSTemporaryDirectory() + "gyre-age-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        let connection = try Connection(path: path, OpenOptions(create: true, authorizer: false))
        try Migrator([.ground] + database.migrations).migrate(connection)
        for table in database.map.tables {
            guard let age = table.aged else { continue }
            _ = try connection.prepare("SELECT \(age.time), \(age.walk) FROM \(table.name)")
            #expect(table.columns.contains(age.walk), "\(table.name) is walked by a column")
        }
    }
}
