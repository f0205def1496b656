import ServiceKit

extension DataMap {
    /// What is believed of how people respond to offers, and why.
    static let beliefs: [Table] = [
        Table(
            "belief_evidence", "which offers reached a person, and whether they responded", .actor("actor"),
            rights: Rights(
                access: .rows([
                    Field("evidenceId", .uuid, "id"), Field("offerKind", .text, "offer_kind"), Field("channel", .text),
                    Field("responded", .integer), Field("at", .time), Field("campaignId", .uuid, "campaign"),
                    Field("sources", .json), Field("recordedAt", .time, "recorded_at"),
                ]),
                portability: .withheld("it is inferred from what the person did, which is handed over itself"),
                correction: .asItIs("what is wrong of it is withdrawn, and then counts for nothing: beliefs.withdraw"),
                orderedBy: ["at", "number"]),
            columns: [
                "number", "id", "actor", "offer_kind", "channel", "responded", "at", "campaign", "sources",
                "recorded_at",
            ],
            aged: Age(by: "at", walk: "number"),
            processing: Processing(
                "offering people what they respond to", data: ["offers received", "responses to offers"])),
        Table(
            "beliefs", "of which kinds of offers and channels something is believed of a person", .actor("actor"),
            rights: Rights(
                access: .rows([
                    Field("offerKind", .text, "offer_kind"), Field("channel", .text), Field("version", .integer),
                ]),
                portability: .withheld("it is inferred from what the person did, which is handed over itself"),
                correction: .asItIs("it counts the changes of belief_evidence"), orderedBy: ["number"]),
            columns: ["number", "actor", "offer_kind", "channel", "version"],
            processing: Processing("offering people what they respond to", data: ["responses to offers"])),
        Table(
            "belief_log", "what changed the beliefs about a person, and when", .actor("actor"),
            rights: Rights(
                access: .rows([
                    Field("change", .text), Field("evidenceId", .uuid, "evidence"),
                    Field("offerKind", .text, "offer_kind"), Field("channel", .text), Field("version", .integer),
                    Field("responded", .integer), Field("at", .time), Field("campaignId", .uuid, "campaign"),
                    Field("sources", .json), Field("changedAt", .time, "changed_at"),
                ]),
                portability: .withheld("it is the brand's own record, and nothing that the person gave"),
                correction: .asItIs("it says what was told, and what was withdrawn: GDPR Art. 5(2)"),
                orderedBy: ["sequence"]),
            columns: [
                "sequence", "actor", "offer_kind", "channel", "version", "change", "evidence", "responded", "at",
                "campaign", "sources", "changed_at", "changed_by",
            ],
            aged: Age(by: "changed_at", walk: "sequence"),
            processing: Processing(
                "showing why something was believed of a person", data: ["offers received", "responses to offers"])),
        Table(
            "belief_rules", "what beliefs start from, and how fast they forget", .nobody,
            columns: ["id", "prior_alpha", "prior_beta", "half_life_days", "version"]),
        Table(
            "belief_rule_exceptions", "kinds of offer and channels of which something else holds", .nobody,
            columns: ["offer_kind", "channel", "prior_alpha", "prior_beta", "half_life_days"]),
    ]
}
