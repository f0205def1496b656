internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// One step of a schema: plain SQL under a name such as `0001-create-keys`.
public struct Migration: Sendable {
    public let name: String
    public let sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Brings a database to the schema of this program, one named step after the other.
///
/// Each step commits with its row in `schema_migrations`. A database with data in it is copied next to itself before
/// the first pending step (`<file>.before-<migration>`); the copy goes when all steps are done. A database that knows a
/// step this program does not is refused: it is newer.
public struct Migrator: Sendable {
    public let migrations: [Migration]
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - migrations: all steps ever, in the order of their names, which must be strictly ascending.
    ///   - now: the time a step is recorded with, in microseconds since 1970 UTC.
    public init(_ migrations: [Migration], now: @escaping @Sendable () -> Int64 = Migrator.systemMicroseconds) {
        precondition(
            zip(migrations, migrations.dropFirst()).allSatisfy { $0.name < $1.name },
            "the names of migrations ascend")
        self.migrations = migrations
        self.now = now
    }

    /// The system's clock in microseconds since 1970 UTC.
    public static func systemMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// Applies what is missing. Not inside a transaction.
    ///
    /// Throws ``SQLiteError/isNewerSchema`` when the database is ahead of this program. When a step fails, the earlier
    /// ones stay, the database is whole, and so is the copy.
    public func migrate(_ connection: Connection) throws(SQLiteError) {
        let applied = try Self.appliedNames(in: connection)
        if let unknown = applied.first(where: { name in !migrations.contains { $0.name == name } }) {
            throw .newerSchema("the database is newer than this program: it has the migration \(unknown)")
        }
        let pending = migrations.filter { !applied.contains($0.name) }
        if let first = pending.first {
            if let last = applied.last, first.name < last {
                throw .newerSchema("the database has the migration \(last) but not the earlier \(first.name)")
            }
            if try Self.hasTables(connection) {
                try connection.backup(to: Self.backupPath(of: connection, before: first))
            }
            for migration in pending {
                try connection.spillingCache { () throws(SQLiteError) in try apply(migration, to: connection) }
            }
        }
        // Always, and for every name: a copy holds personal data, and one that an earlier attempt left must not stay.
        for migration in migrations { try connection.removeFile(Self.backupPath(of: connection, before: migration)) }
    }

    private func apply(_ migration: Migration, to connection: Connection) throws(SQLiteError) {
        do {
            try connection.transaction {
                try connection.execute(Self.table)
                try connection.execute(migration.sql)
                let record = try connection.statement(
                    "INSERT INTO schema_migrations (name, applied_at) VALUES (:name, :time)")
                try record.bind([":name": migration.name, ":time": now()])
                try record.run()
            }
        } catch let error as SQLiteError {
            throw SQLiteError(
                extendedCode: error.extendedCode, message: "migration \(migration.name): \(error.message)",
                sql: error.sql)
        } catch {
            throw SQLiteError(extendedCode: SQLITE_ERROR, message: "migration \(migration.name): \(error)")
        }
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            name TEXT NOT NULL PRIMARY KEY,
            applied_at INTEGER NOT NULL
        );
        """

    private static func appliedNames(in connection: Connection) throws(SQLiteError) -> [String] {
        let tables = try connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'")
        guard try tables.step() else { return [] }
        tables.reset()
        let statement = try connection.prepare("SELECT name FROM schema_migrations ORDER BY name")
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }

    /// The newest step that a database has; nil for one that was never migrated.
    public static func newestStep(in connection: Connection) throws(SQLiteError) -> String? {
        try appliedNames(in: connection).last
    }

    /// Whether there is anything that a copy would save.
    private static func hasTables(_ connection: Connection) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1")
        defer { statement.reset() }
        return try statement.step()
    }

    private static func backupPath(of connection: Connection, before migration: Migration) -> String {
        "\(connection.path).before-\(migration.name)"
    }

    /// The schema as text: every table, index, view and trigger as it was written, sorted by kind and name, without the
    /// migrator's own table. Two databases have the same schema exactly if these texts are equal.
    public static func schema(of connection: Connection) throws(SQLiteError) -> String {
        let statement = try connection.prepare(
            """
            SELECT sql FROM sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'schema_migrations'
            ORDER BY CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4 END, name
            """)
        var text = ""
        while try statement.step() { text += statement.text(0) + ";\n" }
        return text
    }
}

extension SQLiteError {
    /// Not one of SQLite's own: the database was migrated by a program that is newer than this one.
    private static let newerSchemaCode = SQLITE_SCHEMA | (64 << 8)

    static func newerSchema(_ message: String) -> SQLiteError {
        SQLiteError(extendedCode: newerSchemaCode, message: message)
    }

    /// The database belongs to a newer version of this program; see ``Migrator``.
    public var isNewerSchema: Bool { extendedCode == Self.newerSchemaCode }
}

extension Connection {
    /// Removes a file next to the database, through the same VFS, and the entry of it from its directory for good. A
    /// file that does not exist is no error.
    func removeFile(_ path: String) throws(SQLiteError) {
        guard let vfs = sqlite3_vfs_find(options.vfs), let remove = vfs.pointee.xDelete else { return }
        let code = remove(vfs, path, 1)
        // SQLITE_IOERR_DELETE_NOENT, a macro of an expression.
        guard code == SQLITE_OK || code == SQLITE_IOERR | (23 << 8) else {
            throw SQLiteError(extendedCode: code, message: "\(path) could not be removed")
        }
    }
}
