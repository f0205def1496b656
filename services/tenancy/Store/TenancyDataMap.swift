import ServiceKit

extension DataMap {
    /// What tenancy's database holds. No table is about a data subject: customers are known to other services only.
    static let tenancy = DataMap([
        Table(
            "organizations", "companies that own brands, by name; no persons", .nobody, kept: "for ever",
            columns: ["id", "name", "created_at", "version"]),
        Table(
            "brand_files", "which services made their database of a brand", .nobody, columns: ["brand", "service"]),
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
                "brand", "language", "quiet_from", "quiet_until", "daily_message_cap", "weekly_message_cap",
                "holidays", "answer_days", "extended_answer_days", "version",
            ]),
        Table(
            "integrations", "connections of brands to others' systems, with sealed credentials; no persons", .nobody,
            columns: ["id", "brand", "kind", "name", "sealed_credentials", "created_at"]),
        Table(
            "system_parameters", "settings of the whole installation; no persons", .nobody, kept: "for ever",
            columns: ["name", "value", "updated_at", "version"]),
        Table(
            "users", "staff who sign in, with e-mail address and name; no customers", .nobody,
            kept: "until the user is removed, at most as long as the brand",
            columns: [
                "id", "brand", "email", "name", "role", "password_salt", "password_digest", "invitation_kid",
                "invitation_digest", "invitation_pepper", "invitation_expires_at", "sealed_authenticator",
                "authenticator_confirmed", "authenticator_step", "created_at", "version",
            ],
            processing: Processing("letting staff work", of: .staff, data: ["name", "e-mail address", "role"])),
        Table(
            "recovery_codes", "keyed hashes of codes that take the place of an authenticator; no customers", .nobody,
            kept: "until used, at most as long as the user", columns: ["user", "digest", "pepper_version"],
            processing: Processing("letting staff work", of: .staff, data: ["credentials"])),
        Table(
            "sessions", "staff signed in, with a keyed hash in place of the token; no customers", .nobody,
            kept: "until the session ends, at most 12 hours and the next sign-in",
            columns: ["id", "kid", "user", "scopes", "digest", "pepper_version", "created_at", "expires_at"],
            processing: Processing("letting staff work", of: .staff, data: ["when they signed in"])),
        Table(
            "sign_in_attempts", "how often signing in was tried, by keyed hashes of addresses and users; no customers",
            .nobody,
            kept: "15 minutes, and until some later attempts", columns: ["digest", "attempts", "began_at"],
            processing: Processing("keeping strangers out", of: .staff, data: ["attempts to sign in"])),
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
            kept: "for ever, as proof", afterErasure: Law.accountability,
            columns: [
                "leaf_index", "id", "at", "service", "principal", "brand", "method", "ids", "fields", "next_key",
            ],
            processing: Processing("showing who did what", of: .staff, data: ["what they did and when"])),
        Table(
            "audit_nodes", "hashes over audit_entries, which prove that none was changed", .nobody,
            kept: "for ever, as proof", columns: ["level", "position", "hash"]),
        Table(
            "tree_heads", "what the audit log was at moments, signed", .nobody, kept: "for ever, as proof",
            columns: ["tree_size", "root_hash", "signed_at", "public_key", "signature"]),
    ])
}
