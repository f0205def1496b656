import ExperimentsService
import Foundation
import GatewayService
import SQLite
import ServiceKit
import SignalsService
import StimuliService
import TenancyService
import Testing

/// The form of each database as three places declare it: the migrations, `schema.sql`, and the data map.
@Suite struct SchemaTests {
    struct Database: CustomTestStringConvertible, Sendable {
        let service: String
        let migrations: [Migration]
        let map: DataMap

        var testDescription: String { service }
    }

    static let databases = [
        ExperimentsService.definition, GatewayService.definition, SignalsService.definition,
        StimuliService.definition, TenancyService.definition,
    ].map {
        Database(
            service: $0.name, migrations: $0.brandMigrations + $0.serviceMigrations,
            map: DataMap(DataMap.ground.tables + $0.brandDataMap.tables + $0.serviceDataMap.tables))
    }

    @Test("All migrations applied make what schema.sql says", arguments: databases)
    func schema(database: Database) throws {
        let folder = Self.migrations(of: database)
        let declared = Migration(
            name: "0001-schema", sql: try String(contentsOf: folder.appending(path: "schema.sql"), encoding: .utf8))
        let expected = try Self.connection([.ground, declared])
        let migrated = try Self.connection([.ground] + database.migrations)
        #expect(try Migrator.schema(of: migrated) == Migrator.schema(of: expected))
    }

    @Test("The program carries the migrations as they lie in their folder", arguments: databases)
    func embedded(database: Database) throws {
        let folder = Self.migrations(of: database)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
            .filter { $0.hasSuffix(".sql") && $0 != "schema.sql" }.sorted()
        #expect(database.migrations.map { $0.name + ".sql" } == files)
        for migration in database.migrations {
            let text = try String(contentsOf: folder.appending(path: migration.name + ".sql"), encoding: .utf8)
            #expect(
                migration.sql.trimmingCharacters(in: .newlines) == text.trimmingCharacters(in: .newlines))
        }
    }

    @Test("The data map declares every column of every table, with a reason, and nothing else", arguments: databases)
    func dataMap(database: Database) throws {
        let connection = try Self.connection([.ground] + database.migrations)
        let statement = try connection.prepare(
            """
            SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
            WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                AND tables.name <> 'schema_migrations'
            ORDER BY columns.cid
            """)
        var columns: [String: [String]] = [:]
        while try statement.step() { columns[statement.text(0), default: []].append(statement.text(1)) }
        let declared = Dictionary(uniqueKeysWithValues: database.map.tables.map { ($0.name, $0.columns) })
        #expect(declared.mapValues { $0.sorted() } == columns.mapValues { $0.sorted() })
        for table in database.map.tables { #expect(!table.holds.isEmpty && !table.kept.isEmpty) }
    }

    @Test(
        "What is somebody's has rules for access, portability and correction, and names columns that there are",
        arguments: databases)
    func rights(database: Database) throws {
        let connection = try Self.connection([.ground] + database.migrations)
        for table in database.map.tables {
            guard table.subject != .nobody else {
                #expect(table.rights == nil, "\(table.name) is nobody's")
                #expect(
                    table.processing?.people != .customers || table.afterErasure != nil,
                    "\(table.name) holds something of customers, which erasure leaves: by which law?")
                continue
            }
            let rights = try #require(table.rights, "\(table.name) is somebody's and has no rules")
            for disclosure in [rights.access, rights.portability] {
                switch disclosure {
                case .withheld(let why): #expect(!why.isEmpty)
                case .rows(let fields):
                    #expect(!fields.isEmpty && !rights.order.isEmpty && Set(fields.map(\.name)).count == fields.count)
                    let columns = (fields.map(\.sql) + rights.order).joined(separator: ", ")
                    _ = try connection.prepare("SELECT \(columns) FROM \(table.name)")
                }
            }
            switch rights.correction {
            case .asItIs(let why): #expect(!why.isEmpty)
            case .replaced(let history): #expect(database.map.tables.contains { $0.name == history })
            }
        }
    }

    private static func connection(_ migrations: [Migration]) throws -> Connection {
        let path = NSTemporaryDirectory() + "gyre-schema-\(UUID().uuidString).db"
        let connection = try Connection(path: path, OpenOptions(create: true, authorizer: false))
        try Migrator(migrations).migrate(connection)
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        return connection
    }

    private static func migrations(of database: Database) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../services/\(database.service)/Migrations").standardized
    }
}
