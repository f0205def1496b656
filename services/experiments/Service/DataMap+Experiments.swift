import ServiceKit

extension DataMap {
    /// What a brand's database holds here.
    static let experiments = DataMap(metrics + offlineEvaluation + registry + assignmentTables + experimentTables)

    private static let experimentTables: [Table] = [
        Table(
            "experiments", "comparisons of variants", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "hypothesis", "owner", "unit_type", "status",
                "hash_version", "seed", "hash_attribute", "fallback_attribute", "condition", "prerequisites",
                "is_sticky", "bucket_version", "minimum_bucket_version", "start_at", "end_at", "phase", "created_at",
                "updated_at", "version", "holdout",
            ]),
        Table(
            "experiment_transitions", "what may follow what in the life of an experiment", .nobody,
            columns: ["before", "after"]),
        Table(
            "variants", "the arms of experiments", .nobody,
            columns: [
                "number", "experiment", "key", "place", "name", "description", "allocation", "is_control", "config",
            ]),
        Table(
            "phases", "stretches of experiments in which nothing changed that decides", .nobody,
            columns: [
                "experiment", "number", "opened_at", "closed_at", "reason", "condition", "prerequisites",
            ]),
        Table(
            "phase_arms", "which buckets were whose in a phase, and what units got", .nobody,
            columns: ["experiment", "phase", "place", "variant", "buckets", "config"]),
        Table(
            "assignment_config", "how often anything changed that decides about assignments", .nobody,
            columns: ["id", "version"]),
        Table(
            "assignments", "which variants units were assigned, where an experiment keeps that", .actor("unit"),
            rights: Rights(
                access: .rows([
                    Field("experiment", .text, ExperimentStore.key),
                    Field("variant", .text, VariantStore.key),
                    Field("assignedAt", .time, "assigned_at"),
                ]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says what was assigned"), orderedBy: ["experiment", "hash_attribute"]),
            columns: [
                "experiment", "unit", "hash_attribute", "bucket_version", "variant", "reason", "bucket", "propensity",
                "phase", "version", "assigned_at",
            ],
            processing: Processing("comparing variants fairly", data: ["which variant was assigned"])),
        Table(
            "units", "whom experiments randomise, where something of them is kept", .actor("number"),
            rights: Rights(
                access: .rows([
                    Field("type", .text), Field("unit", .text), Field("firstSeenAt", .time, "first_seen_at"),
                ]),
                portability: .withheld("it is an identifier that signals hands over"),
                correction: .asItIs("it is what the variant was reckoned from"), orderedBy: ["type", "unit"]),
            columns: ["number", "id", "type", "unit", "first_seen_at"],
            processing: Processing("comparing variants fairly", data: ["identifiers"])),
    ]
}
