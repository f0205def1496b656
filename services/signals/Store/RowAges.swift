import ServiceKit

// How old rows are whose time does not stand in a column of theirs.

extension DataMap.Age {
    /// When somebody gave the last sign. Whoever stopped a use does not age: they must stay known, so that it stays stopped;
    /// nor do six years in which disclosures must be accounted for.
    static let ofActors = DataMap.Age(
        by: """
            CASE WHEN EXISTS (SELECT 1 FROM processing_restrictions WHERE actor = actors.number) THEN NULL ELSE max(
                created_at,
                coalesce((SELECT max(occurred_at) FROM signals WHERE actor = actors.number), created_at),
                coalesce((SELECT max(recorded_at) FROM consent_entries WHERE actor = actors.number), created_at),
                coalesce((SELECT max(\(DisclosureStore.age)) FROM disclosures
                    WHERE actor = actors.number AND accounting = 'due'), created_at)) END
            """, walk: "number", isPerson: true)

    /// When the last one was; of those that must be accounted for, when that is no longer so.
    static let ofDisclosures = DataMap.Age(by: DisclosureStore.age, walk: "sequence")

    /// When the file began to arrive.
    static let ofRejectedRows = DataMap.Age(
        by: """
            (SELECT jobs.created_at FROM imports JOIN jobs ON jobs.id = imports.id
                WHERE imports.number = rejected_rows.import)
            """, walk: "import")
}
