import CommonAPI
import Foundation
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

/// What a service does with restored databases before it listens.
@Suite struct RestoredDatabasesTests {
    private static let restore = String(repeating: "a", count: 32)
    private static let sender = String(repeating: "5", count: 32)
    private static let time = Timestamp(microseconds: 1_000)
    private static let request = UUIDv7(milliseconds: 5, sequence: 0, random: 5)

    private let directory = TemporaryDirectory()
    private let databases: BrandDatabases
    private let ledger: ErasureLedger
    private let erasure: SubjectErasure
    private let tombstones: Tombstones

    init() throws {
        let path = directory.path + "/notes"
        databases = try BrandDatabases(
            directory: path, brandMigrations: [NotesDirectory.migration], serviceMigrations: [])
        _ = try databases.create(ServiceFixture.brand)
        _ = try databases.create(ServiceFixture.otherBrand)
        tombstones = try Tombstones(key: Array(repeating: 7, count: 32))
        ledger = try ErasureLedger(directory: directory.path + "/ledger")
        erasure = SubjectErasure(
            dataMap: DataMap(
                DataMap.ground.tables + [
                    DataMap.Table("notes", "notes", .actor("number"), columns: ["number", "text"])
                ]), directory: NotesDirectory(), tombstones: tombstones, ledger: ledger)
    }

    private func restored(lastMessage: Int = 10) throws -> RestoredDatabases {
        var known = [RestoredDatabase(incarnation: Self.sender, lastMessage: lastMessage)]
        for (_, file) in databases.files {
            let incarnation = try text("SELECT incarnation FROM ground", in: file)
            known.append(RestoredDatabase(incarnation: incarnation, lastMessage: 0))
        }
        return RestoredDatabases(
            directory: directory.path + "/notes",
            restoration: Restoration(id: Self.restore, at: Self.time, databases: known))
    }

    private func finish(_ restored: RestoredDatabases) throws {
        let serviceErasure = SubjectErasure(dataMap: .ground, directory: nil, tombstones: tombstones)
        try restored.finish(databases, ledger, erasure, serviceErasure, at: Self.time)
    }

    private func open(_ file: DatabaseFile) throws -> Connection { try Connection(path: file.path) }

    private func text(_ sql: String, in file: DatabaseFile) throws -> String {
        let statement = try open(file).prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    private var brandFile: DatabaseFile { get throws { try #require(databases.file(of: ServiceFixture.brand)) } }

    @Test("Each database gets a new incarnation, once, however often the restore is finished again")
    func incarnations() throws {
        let before = try databases.files.map { try text("SELECT incarnation FROM ground", in: $0.file) }
        let restored = try restored()
        try finish(restored)
        let after = try databases.files.map { try text("SELECT incarnation FROM ground", in: $0.file) }
        #expect(after == before.map { RestoredDatabases.successor(of: $0, Self.restore) })
        try finish(restored)
        #expect(try databases.files.map { try text("SELECT incarnation FROM ground", in: $0.file) } == after)
    }

    @Test(
        "A mark moves to the sender's new incarnation, but not beyond the last message that the restored sender had",
        arguments: [(mark: 7, lastMessage: 10, carried: 7), (mark: 12, lastMessage: 10, carried: 10)])
    func marks(mark: Int, lastMessage: Int, carried: Int) throws {
        try open(brandFile).execute(
            "INSERT INTO inbox_marks VALUES ('signals', '\(Self.sender)', \(mark)), ('signals', 'unknown', 3)")
        let restored = try restored(lastMessage: lastMessage)
        try finish(restored)
        let new = RestoredDatabases.successor(of: Self.sender, Self.restore)
        let sql = "SELECT high_water_mark FROM inbox_marks WHERE incarnation = '\(new)'"
        #expect(try text(sql, in: brandFile) == "\(carried)")
        // The sender goes on meanwhile; another attempt must not take its mark back.
        try open(brandFile).execute("UPDATE inbox_marks SET high_water_mark = 99 WHERE incarnation = '\(new)'")
        try finish(restored)
        #expect(try text(sql, in: brandFile) == "99")
    }

    @Test("Who the ledger names is erased again, found by hash, and is refused; others stay")
    func erasedSubject() throws {
        try open(brandFile).execute("INSERT INTO notes VALUES (1, 'olga'), (2, 'grace')")
        try ledger.append(
            .subject(
                [], [tombstones.digest("email", "olga")], of: ServiceFixture.brand, for: Self.request, at: Self.time))
        try finish(try restored())
        #expect(try text("SELECT group_concat(text) FROM notes", in: brandFile) == "grace")
        #expect(try text("SELECT count(*) FROM tombstones", in: brandFile) == "1")
        let bytes = try #require(FileBytes.read(try brandFile.path))
        #expect(Data(bytes).range(of: Data("olga".utf8)) == nil)
        // In another brand nobody was erased.
        let other = try #require(databases.file(of: ServiceFixture.otherBrand))
        #expect(try text("SELECT count(*) FROM tombstones", in: other) == "0")
    }

    @Test("Who had got an identifier after the backup only is found by the actor's id")
    func erasedActor() throws {
        try open(brandFile).execute("INSERT INTO notes VALUES (1, 'ada'), (2, 'grace')")
        try ledger.append(
            .subject(
                [NotesDirectory.id(2)], [tombstones.digest("phone", "later")], of: ServiceFixture.brand,
                for: Self.request, at: Self.time))
        try finish(try restored())
        #expect(try text("SELECT group_concat(text) FROM notes", in: brandFile) == "ada")
    }

    @Test("A hold that came back with an old backup brings nobody back who was erased since")
    func erasedAfterHold() throws {
        try open(brandFile).execute(
            """
            INSERT INTO notes VALUES (1, 'olga');
            INSERT INTO legal_holds VALUES (x'00', NULL, NULL, 'case 4711', 'admin', 0)
            """)
        try ledger.append(
            .subject(
                [], [tombstones.digest("email", "olga")], of: ServiceFixture.brand, for: Self.request, at: Self.time))
        try finish(try restored())
        #expect(try text("SELECT count(*) FROM notes", in: brandFile) == "0")
        #expect(try text("SELECT count(*) FROM legal_holds", in: brandFile) == "1")
    }

    @Test("Text that cannot be searched for a hash goes; where all hashes were found, what others said stays")
    func mentions() throws {
        let row = """
            INSERT INTO idempotency_replies (principal, method, key, params_hash, reply, created_at)
            VALUES ('key:1', 'notes.add', 'k', x'', '{"text":"somebody"}', 0)
            """
        try open(brandFile).execute(row + "; INSERT INTO notes VALUES (1, 'ada')")
        try ledger.append(
            .subject(
                [], [tombstones.digest("email", "ada")], of: ServiceFixture.brand, for: Self.request, at: Self.time))
        try finish(try restored())
        #expect(try text("SELECT count(*) FROM idempotency_replies", in: brandFile) == "1")
        try ledger.append(
            .subject(
                [], [tombstones.digest("email", "nobody")], of: ServiceFixture.brand, for: Self.request,
                at: Self.time))
        try finish(try restored())
        #expect(try text("SELECT count(*) FROM idempotency_replies", in: brandFile) == "0")
    }

    @Test("A subject whose tombstone is in the backup was erased before it: nothing is done again")
    func knownErasure() throws {
        try ledger.append(
            .subject(
                [], [tombstones.digest("email", "ada")], of: ServiceFixture.brand, for: Self.request, at: Self.time))
        try finish(try restored())
        let lines = try ledger.records().count
        try open(brandFile).execute("INSERT INTO notes VALUES (1, 'grace')")
        try finish(try restored())
        #expect(try text("SELECT count(*) FROM notes", in: brandFile) == "1")
        #expect(try ledger.records().count == lines)
    }

    @Test("A brand that was erased since is removed before anything opens it")
    func erasedBrand() throws {
        try ledger.append(.brand(ServiceFixture.brand, for: Self.request, at: Self.time))
        try restored().removeErasedBrands(ledger)
        let path = directory.path + "/notes"
        #expect(
            FileBytes.names(in: path).filter { $0.hasPrefix("\(ServiceFixture.brand)") } == [
                "\(ServiceFixture.brand).erased"
            ])
        let again = try BrandDatabases(
            directory: path, brandMigrations: [NotesDirectory.migration], serviceMigrations: [])
        #expect(again.all == [ServiceFixture.otherBrand])
    }

    @Test("While a restore is unfinished no service starts; one that is finished leaves its marker to be taken away")
    func markers() throws {
        let configuration = ServiceConfiguration(dataDirectory: directory.path)
        #expect(try RestoredDatabases.find("notes", configuration) == nil)
        let marker = directory.path + "/notes/" + RestoredDatabases.markerName
        #expect(
            FileBytes.writeDurably(
                Restoration(id: Self.restore, at: Self.time, databases: []).json(), to: marker))
        try finish(try #require(try RestoredDatabases.find("notes", configuration)))
        #expect(FileBytes.read(marker) == nil)
        #expect(FileBytes.writeDurably([], to: configuration.restoreMarker))
        let error = #expect(throws: StorageError.self) { try RestoredDatabases.find("notes", configuration) }
        #expect(error?.description.contains("gyre restore") == true)
    }
}

/// Finds people by the text of a note, which counts as their e-mail address.
private struct NotesDirectory: SubjectDirectory {
    static let migration = Migration(
        name: "0001-notes", sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;")

    static func id(_ number: Int64) -> UUIDv7 { UUIDv7(milliseconds: UInt64(number), sequence: 0, random: 9) }

    func find(
        _ identifiers: [Identifier], actors: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject] {
        let notes = try transaction.all("SELECT number, text FROM notes") { ($0.int64(0), $0.text(1)) }
        return notes.compactMap { number, text in
            let identifier = Identifier(type: "email", value: text)
            guard identifiers.contains(identifier) || actors.contains(Self.id(number)) else { return nil }
            return Subject(number: number, id: Self.id(number), identifiers: [identifier])
        }
    }

    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        try transaction.all("SELECT text FROM notes") { Identifier(type: "email", value: $0.text(0)) }.filter(matches)
    }
}
