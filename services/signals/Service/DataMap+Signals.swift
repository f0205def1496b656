import ServiceKit

extension DataMap {
    /// What a brand's database holds here.
    static let signals = DataMap([
        Table(
            "signals", "inbound facts as received", .actor("actor"),
            columns: [
                "sequence", "message_id", "event", "actor", "occurred_at", "received_at", "revenue", "currency",
                "import",
                "properties",
            ]),
        Table(
            "last_erased_signal", "the place in the order of arrival that an erased signal had", .nobody,
            columns: ["id", "sequence"]),
        Table(
            "traits", "what is stated about actors", .actor("actor"),
            columns: ["actor", "name", "value", "stated_at", "message_id"]),
        Table(
            "identifiers", "the values that point to actors", .actor("actor"),
            columns: ["type", "value", "actor", "first_seen_at"]),
        Table(
            "actors", "who is understood and addressed", .actor("number"),
            columns: ["number", "id", "kind", "created_at"]),
        Table(
            "rejected_rows", "rows of files that could not be taken", .mentions("row"), kept: "until replayed",
            columns: ["import", "line", "reason", "row"]),
        // Until a file is complete, the carry holds the beginning of a row: erasure drops it there and asks for it again.
        Table(
            "imports", "files on their way in, and how many rows of each were taken", .nobody,
            columns: [
                "number", "id", "source", "mapping", "replay", "rows", "accepted", "duplicates", "rejected", "header",
                "carry", "carry_offset", "carry_line", "carry_is_skipped", "last_chunk_bytes", "last_chunk_hash",
            ]),
    ])
}
