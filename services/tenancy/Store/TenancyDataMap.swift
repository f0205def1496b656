import ServiceKit

extension DataMap {
    /// What tenancy's database holds. No table is about a data subject: customers are known to other services only.
    static let tenancy = DataMap([
        Table(
            "organizations", "companies that own brands, by name; no persons", .nobody, kept: "for ever",
            columns: ["id", "name", "created_at", "version"]),
        Table(
            "brands", "brands and their settings; no persons", .nobody,
            kept: "as long as the brand; its id for ever, so that the audit trail's ids mean something",
            columns: [
                "id", "organization", "name", "industry", "mode", "time_zone", "currency", "status", "created_at",
                "version", "suspended_reason",
            ]),
        Table(
            "brand_settings", "how brands want to be worked for; no persons", .nobody,
            columns: [
                "brand", "language", "quiet_from", "quiet_until", "daily_message_cap", "weekly_message_cap", "version",
            ]),
        Table(
            "integrations", "connections of brands to others' systems, with sealed credentials; no persons", .nobody,
            columns: ["id", "brand", "kind", "name", "sealed_credentials", "created_at"]),
        Table(
            "system_parameters", "settings of the whole installation; no persons", .nobody, kept: "for ever",
            columns: ["name", "value", "updated_at", "version"]),
        Table(
            "keys", "API keys of programs, with a keyed hash in place of the secret; no persons", .nobody,
            kept: "as long as the brand, so that the audit trail's ids mean something",
            columns: [
                "id", "kid", "brand", "name", "mode", "scopes", "industries", "segments", "rate", "burst",
                "daily_quota", "monthly_quota", "bucket", "digest", "pepper_version", "status", "created_at",
                "expires_at", "revoked_at", "revoked_reason", "replaced_by", "version",
            ]),
        Table(
            "key_usage", "how much API keys were used, as sums; no persons", .nobody, kept: "as long as the key",
            columns: ["key", "requests", "tokens", "last_used_at"]),
        Table("key_epoch", "how often any key was changed", .nobody, kept: "for ever", columns: ["id", "epoch"]),
        Table(
            "audit_entries", "what staff and programs did, as ids and field names; no values", .nobody,
            kept: "for ever, as proof",
            columns: ["leaf_index", "id", "at", "service", "principal", "brand", "method", "ids", "fields"]),
        Table(
            "audit_nodes", "hashes over audit_entries, which prove that none was changed", .nobody,
            kept: "for ever, as proof", columns: ["level", "position", "hash"]),
        Table(
            "tree_heads", "what the audit log was at moments, signed", .nobody, kept: "for ever, as proof",
            columns: ["tree_size", "root_hash", "signed_at", "public_key", "signature"]),
    ])
}
