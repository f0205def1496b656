import ServiceKit

extension DataMap {
    /// What tenancy's database holds. No table is about a data subject: customers are known to other services only.
    static let tenancy = DataMap([
        Table(
            "organizations", "companies that own brands, by name; no persons", .nobody, kept: "for ever",
            columns: ["id", "name", "created_at"]),
        Table(
            "brands", "brands and their settings; no persons", .nobody,
            columns: [
                "id", "organization", "name", "industry", "time_zone", "currency", "status", "created_at", "version",
            ]),
        Table(
            "keys", "API keys of programs, with a keyed hash in place of the secret; no persons", .nobody,
            kept: "as long as the brand, so that the audit trail's ids mean something",
            columns: [
                "id", "kid", "brand", "name", "mode", "scopes", "rate", "burst", "digest", "pepper_version", "status",
                "created_at", "expires_at", "revoked_at", "revoked_reason",
            ]),
        Table("key_epoch", "how often any key was changed", .nobody, kept: "for ever", columns: ["id", "epoch"]),
        Table(
            "audit_entries", "what staff and programs did, as ids and field names; no values", .nobody,
            kept: "for ever, as proof",
            columns: ["sequence", "id", "at", "service", "principal", "brand", "method", "ids", "fields"]),
    ])
}
