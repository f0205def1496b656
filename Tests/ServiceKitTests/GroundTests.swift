import Foundation
import JSON
import SQLite
import Testing

@testable import ServiceKit

/// What every database and every data directory begins with.
@Suite struct GroundTests {
    private let directory = TemporaryDirectory()

    private func databases() throws -> BrandDatabases {
        try BrandDatabases(directory: directory.path + "/notes", brandMigrations: [], serviceMigrations: [])
    }

    @Test("The data map declares every column that every database begins with")
    func dataMap() throws {
        FileBytes.createDirectory(directory.path)
        let connection = try Connection(
            path: directory.path + "/ground.db", OpenOptions(create: true, authorizer: false))
        try Migrator([.ground]).migrate(connection)
        let statement = try connection.prepare(
            """
            SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
            WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                AND tables.name <> 'schema_migrations'
            ORDER BY columns.cid
            """)
        var columns: [String: [String]] = [:]
        while try statement.step() { columns[statement.text(0), default: []].append(statement.text(1)) }
        #expect(Dictionary(uniqueKeysWithValues: DataMap.ground.tables.map { ($0.name, $0.columns) }) == columns)
    }

    @Test("Two databases never have the same incarnation")
    func incarnations() throws {
        let databases = try databases()
        let brand = ServiceFixture.brand
        _ = try databases.create(brand)
        let files = [databases.serviceFile, try #require(databases.file(of: brand))]
        let incarnations = try files.map { file in
            let statement = try Connection(path: file.path).prepare("SELECT incarnation FROM ground")
            #expect(try statement.step())
            return statement.text(0)
        }
        #expect(Set(incarnations).count == 2)
        #expect(incarnations.allSatisfy { $0.utf8.count == 32 })
    }

    @Test("A brand has a file once it was created, and a new process finds it")
    func brandFiles() throws {
        let databases = try databases()
        #expect(databases.file(of: ServiceFixture.brand) == nil)
        #expect(try databases.create(ServiceFixture.brand))
        #expect(try !databases.create(ServiceFixture.brand))
        #expect(databases.count == 1)
        let again = try self.databases()
        #expect(again.all == [ServiceFixture.brand])
        #expect(again.file(of: ServiceFixture.brand) == databases.file(of: ServiceFixture.brand))
        #expect(again.file(of: ServiceFixture.otherBrand) == nil)
    }

    @Test("A secret is made once, 32 random bytes for its owner only, and one of another length is refused")
    func secrets() throws {
        let folder = directory.path + "/secrets"
        let first = try SecretFile.key(named: "a", in: folder)
        #expect(first.count == 32)
        #expect(try SecretFile.key(named: "a", in: folder) == first)
        #expect(try SecretFile.key(named: "b", in: folder) != first)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/a")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        for length in [0, 31, 33] {
            #expect(FileBytes.writeDurably(Array(repeating: 1, count: length), to: folder + "/c"))
            #expect(throws: SecretFileError.self) { try SecretFile.key(named: "c", in: folder) }
        }
        #expect(FileBytes.names(in: folder) == ["a", "b", "c"])
    }
}
