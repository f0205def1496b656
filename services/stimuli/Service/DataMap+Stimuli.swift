import ServiceKit

extension DataMap {
    /// What a brand's database holds here.
    static let stimuli = DataMap([
        Table(
            "offers", "terms that are promised to people", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "kind", "terms", "code", "is_archived", "created_at",
                "updated_at", "version",
            ]),
        Table(
            "templates", "versions of the sources of messages", .nobody,
            columns: [
                "number", "id", "key", "version", "channel", "subject", "body", "content_type", "fields", "hash",
                "created_at",
            ]),
        Table(
            "campaigns", "plans of who gets what, and who answers for them", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "type", "category", "purpose", "audience", "channels",
                "holdout", "schedule", "start_at", "end_at", "limits", "quiet_hours", "outcome", "status",
                "created_by", "approved_by", "approved_at", "created_at", "updated_at", "version",
            ]),
        Table(
            "campaign_transitions", "what may follow what in the life of a campaign", .nobody,
            columns: ["before", "after"]),
        Table(
            "campaign_arms", "the things that campaigns send", .nobody,
            columns: ["number", "campaign", "place", "key", "name", "share", "offer"]),
        Table(
            "arm_templates", "which version of a template an arm sends over a channel", .nobody,
            columns: ["arm", "place", "template"]),
    ])
}
