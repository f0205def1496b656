import ServiceKit

extension DataMap {
    /// What a brand's database holds here. What refers to actors comes before them, and goes before them.
    static let signals = DataMap(beliefs + others)

    private static let others: [Table] =
        [
            Table(
                "signals", "inbound facts as received", .actor("actor"),
                rights: Rights(
                    access: .rows(
                        portableSignal + [
                            Field("receivedAt", .time, "received_at"),
                            Field("source", .text, "CASE WHEN import IS NULL THEN 'api' ELSE 'import' END"),
                        ]),
                    portability: .rows(portableSignal),
                    correction: .asItIs(
                        "it says what was sent; what is understood from it is put right among the traits: GDPR Art. 5(2)"
                    ),
                    orderedBy: ["occurred_at", "sequence"]),
                columns: [
                    "sequence", "message_id", "event", "actor", "occurred_at", "received_at", "revenue", "currency",
                    "import",
                    "properties",
                ],
                aged: Age(by: "occurred_at", walk: "sequence"),
                processing: Processing(
                    "knowing what customers did", data: ["behaviour", "purchases", "what was sent with them"])),
            Table(
                "last_erased_signal", "the place in the order of arrival that an erased signal had", .nobody,
                columns: ["id", "sequence"]),
            Table(
                "traits", "what is stated about actors", .actor("actor"),
                rights: Rights(
                    access: .rows(trait), portability: .rows(trait), correction: .replaced("corrections"),
                    orderedBy: ["name"]),
                columns: ["actor", "name", "value", "stated_at", "message_id"],
                aged: Age(by: "stated_at", walk: "actor"),
                processing: Processing(
                    "knowing who customers are", data: ["stated facts", "special categories where a basis is recorded"])
            ),
            Table(
                "consents", "on what basis each person's data is used now", .actor("actor"),
                rights: .nothing("it says which of consent_entries holds"),
                columns: ["number", "actor", "purpose", "entry"],
                processing: Processing("using data only as the law allows", data: ["consents"])),
            Table(
                "consent_entries", "all that was recorded of the bases on which people's data is used", .actor("actor"),
                kept: "as long as the person is known: it shows that the law was followed (GDPR Art. 5(2) and 7(1))",
                rights: Rights(
                    access: .rows([
                        Field("purpose", .text), Field("isWithdrawal", .integer, "is_withdrawal"),
                        Field("legalBasis", .text, "legal_basis"),
                        Field("specialCategories", .json, "special_categories"), Field("condition", .text),
                        Field("noticeVersion", .text, "notice_version"), Field("method", .text), Field("source", .text),
                        Field("textHash", .text, "text_hash"), Field("statedAt", .time, "stated_at"),
                        Field("expiresAt", .time, "expires_at"), Field("recordedAt", .time, "recorded_at"),
                    ]),
                    portability: .withheld("it allows this brand to use data, and no other"),
                    correction: .asItIs(
                        "it says what was said; what is said anew is recorded beside it: GDPR Art. 7(1)"),
                    orderedBy: ["sequence"]),
                columns: [
                    "sequence", "actor", "purpose", "is_withdrawal", "legal_basis", "special_categories", "condition",
                    "notice_version", "method", "source", "text_hash", "stated_at", "expires_at", "recorded_at",
                    "recorded_by",
                ],
                processing: Processing("using data only as the law allows", data: ["consents"])),
            Table(
                "processing_restrictions", "stops on the use of people's data", .actor("actor"),
                kept: "until lifted, at most as long as the person is known",
                rights: Rights(
                    access: .rows([
                        Field("kind", .text), Field("source", .text), Field("request", .uuid), Field("since", .time),
                    ]),
                    portability: .withheld("it binds this brand, and no other"),
                    correction: .asItIs("it is lifted, or stays"), orderedBy: ["number"]),
                columns: ["number", "actor", "kind", "source", "request", "since"],
                processing: Processing("using data only as the law allows", data: ["objections and restrictions"])),
            Table(
                "disclosures", "to whom the person's data was given", .actor("actor"),
                kept:
                    "as long as the person is known; what must be accounted for six years, without the person if they are "
                    + "erased (45 CFR 164.528(a) and 164.530(j)(2))",
                afterErasure:
                    "what must be accounted for stays six years, without the person: 45 CFR 164.528(a)(1) and "
                    + "164.530(j)(2)",
                rights: Rights(
                    access: .rows([
                        Field("recipient", .text, DisclosureStore.recipient("name")),
                        Field("address", .text, DisclosureStore.recipient("address")),
                        Field("disclosedAt", .time, "disclosed_at"), Field("times", .integer),
                        Field("lastDisclosedAt", .time, "last_disclosed_at"), Field("description", .text),
                        Field("purpose", .text), Field("reference", .text), Field("recordedAt", .time, "recorded_at"),
                    ]),
                    portability: .withheld("it is the brand's own record, and nothing that the person gave"),
                    correction: .asItIs("it says what was given, and under what the recipient knows the person"),
                    orderedBy: ["disclosed_at", "sequence"]),
                columns: [
                    "sequence", "actor", "erasure", "recipient", "disclosed_at", "last_disclosed_at", "times",
                    "description",
                    "purpose", "accounting", "reference", "identifier_type", "identifier_value", "recorded_at",
                    "recorded_by",
                ],
                aged: .ofDisclosures,
                processing: Processing(
                    "telling people, and those who have their data, what becomes of it",
                    data: ["to whom data was given", "identifiers"])),
            Table(
                "recipients", "outside parties to whom people's data is given", .nobody,
                columns: ["number", "id", "name", "kind", "address", "contact", "notice_url", "created_at", "version"]),
            Table("purposes", "what purposes rest on", .nobody, columns: ["name", "legal_basis"]),
            Table(
                "special_traits", "which traits the brand says are specially protected; names only", .nobody,
                columns: ["name", "category"]),
            Table(
                "special_properties", "which properties of events the brand says are specially protected; names only",
                .nobody,
                columns: ["name", "category"]),
            Table(
                "identifiers", "the values that point to actors", .actor("actor"),
                rights: Rights(
                    access: .rows(identifier + [Field("firstSeenAt", .time, "first_seen_at")]),
                    portability: .rows(identifier), correction: .replaced("corrections"), orderedBy: ["type", "value"]),
                columns: ["type", "value", "actor", "first_seen_at"],
                processing: Processing("knowing who customers are", data: ["identifiers", "contact details"])),
            Table(
                "corrections", "what was put right about actors, when, and what was said before", .actor("actor"),
                kept: "as long as the actor: who has it corrected may contest that, GDPR Art. 18(1)(a)",
                rights: Rights(
                    access: .rows([
                        Field("of", .text, "subject"), Field("name", .text), Field("was", .json),
                        Field("correctedAt", .time, "corrected_at"), Field("request", .uuid),
                    ]),
                    portability: .withheld("it is the brand's own record, and nothing that the person gave"),
                    correction: .asItIs(
                        "it says what was said before: GDPR Art. 18(1)(a); 45 CFR 164.526(c)(1)"),
                    orderedBy: ["corrected_at", "subject", "name"]),
                columns: ["actor", "request", "subject", "name", "was", "corrected_at"],
                processing: Processing("answering requests of data subjects", data: ["what was wrong"])),
            Table(
                "actors", "who is understood and addressed", .actor("number"),
                rights: Rights(
                    access: .rows([
                        Field("id", .uuid), Field("kind", .text), Field("createdAt", .time, "created_at"),
                    ]),
                    portability: .withheld("it is made here, and nothing that the person gave"),
                    correction: .asItIs("it holds nothing that could be wrong about the person"), orderedBy: ["number"]),
                columns: ["number", "id", "kind", "created_at"],
                aged: .ofActors,
                processing: Processing("knowing who customers are", data: ["identity"])),
            Table(
                "rejected_rows", "rows of files that could not be taken", .mentions("row"), kept: "until replayed",
                rights: Rights(
                    access: .rows([Field("line", .integer), Field("reason", .text), Field("row", .text)]),
                    portability: .withheld("it could not be read, and is not taken in elsewhere either"),
                    correction: .asItIs("it is not used; its file is put right and sent again"),
                    orderedBy: ["import", "line"]),
                columns: ["import", "line", "reason", "row"],
                aged: .ofRejectedRows,
                processing: Processing("mending files that were sent", data: ["what was sent"])),
            // Until a file is complete, the carry holds the beginning of a row: erasure drops it there and asks for it again.
            Table("followed_events", "which events experiments count", .nobody, columns: ["event"]),
            Table(
                "imports", "files on their way in, and how many rows of each were taken", .nobody,
                columns: [
                    "number", "id", "source", "mapping", "replay", "rows", "accepted", "duplicates", "rejected",
                    "header",
                    "carry", "carry_offset", "carry_line", "carry_is_skipped", "last_chunk_bytes", "last_chunk_hash",
                ]),
        ] + scores + segments

    // What can be taken in again, by signals.batch, elsewhere.

    private static let portableSignal = [
        Field("messageId", .text, messageID), Field("event", .text), Field("timestamp", .time, "occurred_at"),
        Field("revenue", .amount), Field("currency", .text), Field("properties", .json),
    ]
    private static let trait = [
        Field("name", .text), Field("value", .json), Field("statedAt", .time, "stated_at"),
        Field("messageId", .text, "message_id"),
    ]
    private static let identifier = [Field("type", .text), Field("value", .text)]

    /// A UUID that is kept as bytes, as its sender spelled it.
    private static let messageID = """
        CASE typeof(message_id) WHEN 'blob' THEN lower(
            substr(hex(message_id), 1, 8) || '-' || substr(hex(message_id), 9, 4) || '-' ||
            substr(hex(message_id), 13, 4) || '-' || substr(hex(message_id), 17, 4) || '-' ||
            substr(hex(message_id), 21)) ELSE message_id END
        """
}
