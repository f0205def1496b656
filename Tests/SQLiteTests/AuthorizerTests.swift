import Testing

@testable import SQLite

@Suite struct AuthorizerTests {
    private let directory: TemporaryDirectory
    private let connection: Connection

    init() throws {
        directory = try TemporaryDirectory()
        connection = try Connection(path: directory.file("a.db"), .create)
        try connection.execute("CREATE TABLE t (x)")
    }

    @Test(
        "SQL cannot reach another file, the connection's settings or the end of the transaction",
        arguments: [
            "ATTACH 'other.db' AS other", "ATTACH ':memory:' AS other", "DETACH main", "VACUUM",
            "VACUUM INTO 'copy.db'",
            "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a",
            "SELECT load_extension('evil.so')", "PRAGMA journal_mode=DELETE", "PRAGMA synchronous=OFF",
            "PRAGMA foreign_keys=OFF", "PRAGMA secure_delete=OFF", "PRAGMA writable_schema=ON", "PRAGMA user_version=7",
            "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_autocheckpoint=0",
            "PRAGMA temp_store_directory='/'", "PRAGMA key='x'", "PRAGMA query_only=OFF", "PRAGMA Journal_Mode = OFF",
            "PRAGMA shrink_memory", "PRAGMA optimize", "PRAGMA cache_size=1",
        ])
    func denied(sql: String) throws {
        let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
        #expect(error?.isNotAuthorized == true)
        #expect(error?.message.hasSuffix("is not permitted on this connection") == true)
        #expect(throws: SQLiteError.self) { try connection.prepare(sql).run() }
    }

    @Test(
        "Questions about the schema and the file are answered",
        arguments: [
            "PRAGMA table_info(t)", "PRAGMA table_xinfo(t)", "PRAGMA table_list", "PRAGMA index_list(t)",
            "PRAGMA foreign_key_list(t)", "PRAGMA foreign_key_check", "PRAGMA integrity_check", "PRAGMA quick_check(1)",
            "PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA user_version", "PRAGMA page_count",
            "PRAGMA data_version",
            "SELECT * FROM pragma_table_info('t')", "SELECT json_extract('[1]', '$[0]')",
        ])
    func allowed(sql: String) throws {
        try connection.execute(sql)
    }

    @Test("Lifted for maintenance, it is back afterwards, also for statements that were prepared meanwhile")
    func lifted() throws {
        let statement = try connection.withoutAuthorizer {
            try connection.execute("ATTACH ':memory:' AS other; DETACH other")
            return try connection.statement(cached: "PRAGMA cache_size=100")
        }
        #expect(throws: SQLiteError.self) { try statement.run() }
        #expect(throws: SQLiteError.self) { try connection.execute("ATTACH ':memory:' AS other") }
    }

    @Test("Lifted twice, it is back after the outer end")
    func liftedTwice() throws {
        try connection.withoutAuthorizer {
            try connection.withoutAuthorizer { try connection.execute("PRAGMA cache_size=100") }
            try connection.execute("PRAGMA cache_size=200")
        }
        #expect(throws: SQLiteError.self) { try connection.execute("PRAGMA cache_size=300") }
    }

    @Test("A connection opened without it may do everything")
    func off() throws {
        let free = try Connection(path: directory.file("a.db"), OpenOptions(authorizer: false))
        try free.execute("BEGIN; PRAGMA user_version=3; COMMIT; VACUUM")
    }
}
