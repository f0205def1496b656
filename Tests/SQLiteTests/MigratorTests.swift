import CFaultVFS
import Testing

@testable import SQLite

@Suite struct MigratorTests {
    private let directory: TemporaryDirectory
    private let path: String

    private static let first = Migration(name: "0001-create-keys", sql: "CREATE TABLE keys (id INTEGER PRIMARY KEY);")
    private static let second = Migration(
        name: "0002-add-names",
        sql: "ALTER TABLE keys ADD COLUMN name TEXT; CREATE INDEX keys_name ON keys (name); -- done")
    private static let broken = Migration(name: "0003-broken", sql: "CREATE TABLE extra (x); CREATE TABLE keys (x);")

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("a.db")
    }

    private func migrator(_ migrations: Migration...) -> Migrator { Migrator(migrations) { 1_234 } }

    @Test("Migrations are applied once, in order, and recorded with their time")
    func apply() throws {
        let connection = try Connection(path: path, .create)
        try migrator(Self.first).migrate(connection)
        try migrator(Self.first, Self.second).migrate(connection)
        try migrator(Self.first, Self.second).migrate(connection)
        #expect(
            try connection.texts("SELECT name || ' ' || applied_at FROM schema_migrations ORDER BY name")
                == ["0001-create-keys 1234", "0002-add-names 1234"])
        #expect(try connection.texts("SELECT name FROM pragma_table_info('keys')") == ["id", "name"])
    }

    @Test("A database with a migration this program does not know is refused as newer, and left as it is")
    func newer() throws {
        let connection = try Connection(path: path, .create)
        try migrator(Self.first, Self.second).migrate(connection)
        let error = #expect(throws: SQLiteError.self) { try migrator(Self.first).migrate(connection) }
        #expect(error?.isNewerSchema == true)
        #expect(
            error?.message == "the database is newer than this program: it has the migration 0002-add-names")
        #expect(try connection.texts("SELECT name FROM schema_migrations").count == 2)
    }

    @Test("A migration that comes before one already applied is refused")
    func gap() throws {
        let connection = try Connection(path: path, .create)
        try connection.execute("CREATE TABLE keys (id INTEGER PRIMARY KEY)")
        try migrator(Self.second).migrate(connection)
        let error = #expect(throws: SQLiteError.self) { try migrator(Self.first, Self.second).migrate(connection) }
        #expect(error?.isNewerSchema == true)
    }

    @Test("A migration that fails leaves nothing of itself, what came before, and the copy")
    func failure() throws {
        let connection = try Connection(path: path, .create)
        try migrator(Self.first).migrate(connection)
        try connection.execute("INSERT INTO keys VALUES (7)")
        let error = #expect(throws: SQLiteError.self) {
            try migrator(Self.first, Self.second, Self.broken).migrate(connection)
        }
        #expect(error?.message.hasPrefix("migration 0003-broken: ") == true)
        #expect(try connection.texts("SELECT name FROM schema_migrations").count == 2)
        #expect(try connection.numbers("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == [0])
        let copy = try Connection(path: path + ".before-0002-add-names")
        #expect(try copy.numbers("SELECT id FROM keys") == [7])
        #expect(try copy.texts("SELECT name FROM schema_migrations") == ["0001-create-keys"])
    }

    @Test("A copy is made before an existing database is migrated, and none stays when all is done")
    func copyGoes() throws {
        let connection = try Connection(path: path, .create)
        try migrator(Self.first).migrate(connection)
        #expect(throws: SQLiteError.self) { try migrator(Self.first, Self.second, Self.broken).migrate(connection) }
        #expect(try directory.files().contains("a.db.before-0002-add-names"))
        let repaired = Migration(name: "0003-broken", sql: "CREATE TABLE extra (x)")
        try migrator(Self.first, Self.second, repaired).migrate(connection)
        #expect(try directory.files().filter { $0.contains("before") } == [])
    }

    @Test("A new database is migrated without a copy")
    func newDatabase() throws {
        let connection = try Connection(path: path, .create)
        #expect(throws: SQLiteError.self) { try migrator(Self.first, Self.broken).migrate(connection) }
        #expect(try directory.files().filter { $0.contains("before") } == [])
    }

    @Test("A migration cannot commit by itself")
    func noCommit() throws {
        let connection = try Connection(path: path, .create)
        let cheat = Migration(name: "0001-cheat", sql: "CREATE TABLE t (x); COMMIT; CREATE TABLE u (x);")
        #expect(throws: SQLiteError.self) { try migrator(cheat).migrate(connection) }
        #expect(try connection.texts("SELECT name FROM sqlite_schema") == [])
    }

    @Test("The schema is the same text whether it was made in one step or in several, and shows every difference")
    func schema() throws {
        let connection = try Connection(path: path, .create)
        let steps = migrator(
            Migration(name: "1", sql: "CREATE TABLE b (\n    x INTEGER\n); CREATE TABLE a (y TEXT);"),
            Migration(name: "2", sql: "CREATE INDEX a_y ON a (y); CREATE VIEW v AS SELECT 1;"))
        try steps.migrate(connection)
        let whole = try Connection(path: ":memory:", .create)
        try whole.execute(
            """
            CREATE VIEW v AS SELECT 1; CREATE TABLE a (y TEXT); CREATE INDEX a_y ON a (y);
            CREATE TABLE b (
                x INTEGER
            );
            """)
        let text = try Migrator.schema(of: connection)
        #expect(try Migrator.schema(of: whole) == text)
        #expect(
            text == """
                CREATE TABLE a (y TEXT);
                CREATE TABLE b (
                    x INTEGER
                );
                CREATE INDEX a_y ON a (y);
                CREATE VIEW v AS SELECT 1;

                """)
        try whole.execute("DROP INDEX a_y")
        #expect(try Migrator.schema(of: whole) != text)
    }

    @Test("Whenever power is lost while migrating, the database opens at a whole migration and can be migrated on")
    func powerLoss() throws {
        let disk = try FaultDisk()
        let steps = migrator(
            Self.first, Self.second, Migration(name: "0003-data", sql: "INSERT INTO keys VALUES (8, 'b')"))
        let connection = try disk.open("a.db", create: true)
        try migrator(Self.first).migrate(connection)
        try connection.execute("INSERT INTO keys VALUES (7)")
        let left = try disk.powerLosses { try steps.migrate(connection) }
        #expect(left.count > 30)
        for disk in left {
            let found = try disk.open("a.db")
            #expect(try found.integrityProblems() == [])
            #expect(try found.numbers("SELECT id FROM keys WHERE id = 7") == [7])
            try steps.migrate(found)
            #expect(try found.numbers("SELECT id FROM keys ORDER BY id") == [7, 8])
            for step in steps.migrations { #expect(disk.size(of: "a.db.before-\(step.name)") == nil) }
        }
    }
}
