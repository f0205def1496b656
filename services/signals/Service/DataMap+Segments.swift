import ServiceKit

extension DataMap {
    /// Groups of people: their rules and sizes. Nothing of this says who is in one.
    static let segments = [
        Table(
            "segment_sizes", "how many people were in segments, day by day; counts only", .nobody,
            columns: ["segment", "day", "people", "everybody", "counted_at"]),
        Table(
            "segments",
            "groups of people by a rule; a rule says what people are like, and e-mail addresses are refused in it",
            .nobody,
            columns: [
                "number", "id", "key", "name", "description", "rule", "is_archived", "created_at", "updated_at",
                "version",
            ]),
    ]
}
