/// The states that examples of the contracts start from, by the name that the contracts give them.
enum Fixtures {
    struct SQL {
        let isForBrand: Bool
        let text: String
    }

    /// An example that needs other services or chance: it is held against its schema by the system test.
    static let liveOnly = "live-only"

    static let all: [(name: String, sql: SQL)] = [
        ("one-organization", SQL(isForBrand: false, text: organization)),
        ("one-brand", SQL(isForBrand: false, text: organization + brand)),
        ("one-key", SQL(isForBrand: false, text: organization + brand + key)),
        ("one-actor", SQL(isForBrand: true, text: actor)),
        ("one-import", SQL(isForBrand: true, text: importing)),
        ("one-import-done", SQL(isForBrand: true, text: importing + "UPDATE jobs SET status = 'completed';")),
    ]

    private static let organization = """
        INSERT INTO organizations (id, name, created_at)
        VALUES (x'01930000000070008000000000000001', 'Corner Shops Ltd', 1767225600000000);

        """

    private static let brand = """
        INSERT INTO brands (id, organization, name, industry, time_zone, currency, status, created_at, version)
        VALUES (x'01930000000070008000000000000011', x'01930000000070008000000000000001', 'Corner Shop', 'retail',
            'Europe/Berlin', 'EUR', 'active', 1767225600000000, 2);

        """

    private static let key = """
        INSERT INTO keys (id, kid, brand, name, mode, scopes, rate, burst, digest, pepper_version, status, created_at)
        VALUES (x'01930000000070008000000000000021', 'k7Qm2xTz', x'01930000000070008000000000000011', 'web shop',
            'live', '["signals:write"]', 100, 200, zeroblob(32), 1, 'active', 1767225600000000);

        """

    private static let actor = """
        INSERT INTO actors (number, id, kind, created_at)
        VALUES (1, x'01930000000070008000000000000041', 'individual', 1767225600000000);
        INSERT INTO identifiers (type, value, actor, first_seen_at) VALUES ('customerId', '00001', 1, 1767225600000000);
        INSERT INTO traits (actor, name, value, stated_at, message_id)
        VALUES (1, 'plan', '"gold"', 1767225600000000, 'm-0');

        """

    private static let importing = """
        INSERT INTO jobs (id, kind, status, unit, created_at, updated_at)
        VALUES (x'01930000000070008000000000000031', 'import', 'running', 'bytes', 1767225600000000, 1767225600000000);
        INSERT INTO imports (id, source, mapping)
        VALUES (x'01930000000070008000000000000031', 'shop',
            '{"source_fields": {"customer_id": "identifier.customerId", "date": "timestamp", "amount_usd": "revenue"},
              "constants": {"event": "Order Completed", "currency": "USD"}}');

        """
}
