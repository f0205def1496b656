import ServiceKit

extension DataMap {
    private static let results = "what many people did, added up: nobody can be told from it"

    /// What experiments measure.
    static let metrics = [
        Table(
            "metrics", "measures", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "kind", "event", "source", "value_field",
                "denominator_event", "denominator_field", "share", "from_seconds", "to_seconds", "delay_seconds",
                "window_seconds", "counts_finished_windows_only", "look_back_seconds", "bounds", "direction",
                "is_archived", "created_at", "version",
            ]),
        Table(
            "result_plans", "how experiments are judged", .nobody,
            columns: [
                "experiment", "engine", "alpha", "correction", "planned_units", "looks", "spending", "prior",
                "sample_ratio_alpha", "version",
            ]),
        Table(
            "planned_metrics", "what is measured in experiments", .nobody,
            columns: [
                "experiment", "metric", "place", "role", "scale", "margin", "worth_having", "filled_through",
            ]),
        Table(
            "share_rules", "how shares follow what is known of variants", .nobody,
            columns: [
                "experiment", "metric", "method", "floor", "burn_in_units", "period_seconds", "looked_at", "version",
            ]),
        Table(
            "share_moves", "when shares were moved, and what was known of variants then", .nobody,
            kept: "as long as the experiment",
            columns: ["experiment", "number", "phase", "moved_at", "mover", "arms"]),
        Table(
            "event_variants", "in which variants an event happened", .nobody,
            columns: ["event", "experiment", "variant", "occurred_at"]),
        Table(
            "experiment_events", "what units did", .actor("unit"),
            rights: Rights(
                access: .rows(event + [Field("receivedAt", .time, "received_at"), Field("source", .text)]),
                portability: .rows(event),
                correction: .asItIs("it says what was sent; it is retracted, and sent again"),
                orderedBy: ["occurred_at", "number"]),
            columns: [
                "number", "id", "unit", "message_id", "type", "source", "occurred_at", "received_at", "retracted_at",
                "context", "metrics", "payload",
            ],
            aged: Age(by: "occurred_at", walk: "number"),
            processing: Processing("learning what works", data: ["behaviour", "what was sent with it"])),
        Table(
            "experiment_exposures", "which variants people met", .actor("unit"),
            rights: Rights(
                access: .rows([
                    Field("experiment", .text, ExperimentStore.key), Field("variant", .text, VariantStore.key),
                    Field("exposedAt", .time, "exposed_at"),
                ]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says what was met"), orderedBy: ["number"]),
            columns: ["number", "experiment", "phase", "unit", "variant", "exposed_at", "received_at"],
            processing: Processing("learning what works", data: ["which variant was met"])),
        Table(
            "entries", "with which variant a unit counts", .actor("unit"),
            rights: .nothing("it says which of experiment_exposures counts"),
            columns: ["unit", "experiment", "phase", "variant", "exposed_at", "has_several"],
            processing: Processing("learning what works", data: ["which variant was met"])),
        Table(
            "segments", "by which attributes units are told apart", .nobody,
            columns: ["number", "experiment", "place", "attribute", "value"]),
        Table(
            "entry_segments", "in which segment of an experiment a unit is", .actor("unit"),
            rights: Rights(
                access: .rows([
                    Field("experiment", .text, ExperimentStore.key),
                    Field("attribute", .text, SegmentStore.attribute), Field("value", .text, SegmentStore.value),
                ]),
                portability: .withheld("which values are told apart is decided here"),
                correction: .asItIs("it says what was known at the first exposure"),
                orderedBy: ["experiment", "segment"]),
            columns: ["unit", "experiment", "segment"],
            processing: Processing("learning what works", data: ["attributes told with the first exposure"])),
        Table(
            "unit_trajectories", "what a unit's events amount to", .actor("unit"),
            rights: .nothing("it is reckoned from experiment_events"),
            columns: ["unit", "experiment", "metric", "trajectory"],
            processing: Processing("learning what works", data: ["behaviour, added up"])),
        Table(
            "entry_days", "how many units met which variant", .nobody, kept: "as long as the experiment",
            columns: ["experiment", "phase", "variant", "day", "units", "several"]),
        Table(
            "metric_days", results, .nobody, kept: "as long as the experiment",
            columns: ["experiment", "metric", "segment", "phase", "variant", "day", "tally"]),
        Table(
            "metric_bins", results, .nobody, kept: "as long as the experiment",
            columns: ["experiment", "metric", "segment", "phase", "variant", "day", "bin", "tally"]),
        Table(
            "metric_hours", results, .nobody, kept: "as long as the experiment",
            columns: [
                "experiment", "metric", "variant", "hour", "count", "sum_high", "sum_low", "squares_high",
                "squares_low", "minimum", "maximum",
            ]),
        Table(
            "followed_events", "which events are fetched from signals, and how far they were", .nobody,
            columns: ["event", "unit_type", "fields", "fetched_through", "reached_end", "wanted_through"]),
    ]

    private static let event = [
        Field("type", .text), Field("at", .time, "occurred_at"), Field("metrics", .json), Field("context", .json),
        Field("payload", .json),
    ]
}
