import SQLite
import ServiceKit
import Testing

@testable import TenancyService

/// What the database itself refuses. That migrations, `schema.sql` and data map agree is tested for all services alike.
@Suite struct TenancySchemaTests {
    private let directory = TemporaryDirectory()

    @Test("No table of tenancy's is about a data subject: customers are known to other services only")
    func subjects() {
        #expect(TenancyService.definition.serviceDataMap.tables.allSatisfy { $0.subject == .nobody })
        #expect(TenancyService.definition.brandMigrations.isEmpty)
    }

    @Test(
        "States go forward only, and a row is never what it may not be",
        arguments: [
            "UPDATE keys SET status = 'active', revoked_at = NULL",
            "UPDATE brands SET status = 'provisioning'",
            "UPDATE brands SET status = 'erased'",
            "UPDATE brands SET suspended_reason = 'a'",
            "UPDATE keys SET revoked_at = NULL",
            "UPDATE keys SET digest = x'00'",
            "UPDATE keys SET mode = 'test'",
            "UPDATE keys SET daily_quota = 0",
            "UPDATE brands SET mode = 'test'",
            """
            INSERT INTO keys SELECT x'04', 'l', brand, name, 'test', scopes, industries, segments, rate, burst, NULL,
                NULL, bucket, digest, pepper_version, status, 0, NULL, revoked_at, NULL, NULL, 1 FROM keys
            """,
            "INSERT INTO key_epoch VALUES (2, 0)",
            "INSERT INTO brand_settings (brand, quiet_from, quiet_until) VALUES (x'02', 1440, 0)",
            "INSERT INTO brand_settings (brand, quiet_from) VALUES (x'02', 1)",
            "INSERT INTO brand_settings (brand, daily_message_cap) VALUES (x'02', 0)",
            "INSERT INTO brand_settings (brand) VALUES (x'09')",
            "INSERT INTO integrations VALUES (x'05', x'09', 'a', 'a', x'00', 0)",
            "DELETE FROM brands",
            "DELETE FROM organizations",
        ])
    func invariants(sql: String) throws {
        FileBytes.createDirectory(directory.path)
        let connection = try Connection(path: directory.path + "/rows.db", .create)
        try Migrator([.ground] + TenancyMigrations.all).migrate(connection)
        try connection.execute(
            """
            INSERT INTO organizations VALUES (x'01', 'a', 0, 1);
            INSERT INTO brands VALUES (x'02', x'01', 'a', 'other', 'live', 'UTC', 'USD', 'active', 0, 2, NULL);
            INSERT INTO keys VALUES
                (x'03', 'k', x'02', 'a', 'live', '["signals:read"]', '[]', '[]', 1, 1, NULL, NULL, x'03', zeroblob(32), 1,
                'revoked', 0, NULL, 1, NULL, NULL, 1);
            """)
        let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
        #expect(error?.isConstraint == true)
    }
}
