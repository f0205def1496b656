import ServiceKit

extension DataMap {
    /// What the gateway's own database holds.
    static let gateway = DataMap([
        Table(
            "privacy_requests", "requests by or for data subjects; identifiers only until they end", .nobody,
            kept: "for ever, as proof; without identifiers once they have ended", afterErasure: Law.accountability,
            columns: [
                "id", "brand", "kind", "regulation", "status", "reason", "identity", "code_digest", "attempts_left",
                "identifiers", "actors", "held_by", "deletion", "corrections", "outcomes", "received_at", "verified_at",
                "approved_at",
                "time_zone", "acknowledge_by", "due_at",
                "extended_due_at", "extended_at", "ended_at", "certificate", "certificate_key",
                "certificate_signature",
            ],
            processing: Processing("answering requests of data subjects", data: ["identifiers", "requests"])),
        Table(
            "privacy_archives", "where copies for people lie, and how their passphrases open them", .nobody,
            kept: "the file and its key: 7 days, or until the person is erased; hash and length for ever, as proof",
            afterErasure: Law.accountability,
            columns: [
                "request", "header", "data_key", "bytes", "sha256", "expires_at", "served", "removed_at",
            ]),
        Table("privacy_transitions", "what may become of a privacy request", .nobody, columns: ["before", "after"]),
        Table(
            "privacy_request_rows", "how many rows each service erased", .nobody, kept: "for ever, as proof",
            afterErasure: Law.accountability, columns: ["request", "service", "touched_table", "rows"]),
        Table(
            "privacy_request_services", "which services are done with a request", .nobody,
            kept: "for ever, as proof", afterErasure: Law.accountability,
            columns: ["request", "service", "known", "scanned_bytes", "scan_hits"]),
        Table(
            "privacy_references", "what senders call their privacy requests, and when the persons asked", .nobody,
            kept: "for ever, as proof", afterErasure: Law.accountability,
            columns: ["request", "brand", "reference", "content_digest", "submitted_at"]),
        Table(
            "privacy_audit_entries", "which audit entry says that a privacy request was completed", .nobody,
            kept: "for ever, as proof", afterErasure: Law.accountability, columns: ["request", "entry"]),
        Table(
            "privacy_callback_urls", "where changes of open privacy requests are told", .nobody,
            kept: "until the request has ended", columns: ["request", "url", "origin"]),
        Table(
            "privacy_callbacks", "the changes of privacy requests that are told", .nobody,
            kept: "for ever, as proof; the URL until it is delivered, or 30 days after it was given up",
            afterErasure: Law.accountability,
            columns: [
                "number", "request", "url", "origin", "status", "reason", "expected_at", "attempts",
                "first_attempt_at", "next_attempt_at", "ended_at", "is_delivered", "problem",
            ]),
        Table(
            "privacy_notices", "notices to those to whom people's data was given", .nobody,
            kept: "for ever, as proof; how to reach them, and whom it is about, sealed until it is delivered",
            afterErasure: "whoever has the data is told: GDPR Art. 19",
            columns: [
                "number", "request", "recipient", "name", "origin", "through", "about", "attempts", "first_attempt_at",
                "next_attempt_at", "ended_at", "is_delivered", "problem",
            ],
            processing: Processing(
                "telling recipients of corrections, erasures and restrictions", data: ["identifiers"])),
        Table(
            "hold_orders",
            "legal holds that are being placed or released, with identifiers until every service has them",
            .nobody, kept: "until every service has done it: mostly for milliseconds",
            afterErasure: "until it is done, so that nothing is deleted that a claim needs: GDPR Art. 17(3)(e)",
            columns: ["hold", "brand", "act", "reason", "placed_by", "identifiers"],
            processing: Processing("keeping data for legal claims", data: ["identifiers"])),
        Table(
            "limit_buckets", "what keys, brands and classes of methods have spent of their rate", .nobody,
            kept: "until the bucket is full again", columns: ["kind", "subject", "arrival"]),
        Table(
            "limit_checkpoint", "which clock the buckets count by", .nobody,
            columns: ["id", "boot", "clock", "is_clean"]),
        Table(
            "quota_uses", "what keys and brands have used of their quotas", .nobody,
            kept: "the two latest days and months", columns: ["kind", "subject", "period", "number", "units"]),
    ])
}
