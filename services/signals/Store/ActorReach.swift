import JSON
import JSONRPC
import SQLite

/// Whom a caller reaches: everybody, or the actors of some segments.
///
/// An actor is in the segments that its traits `segment_id` and `subsegment_ids` name, as the cross-industry data schema
/// calls them: each a text, or an array of texts. Every query that answers or counts actors, or signals about them, takes
/// a reach, so that pages, counts and sums are those of a brand in which nobody else exists.
struct ActorReach: Sendable, Equatable {
    /// A JSON array of the ids of segments; nil: everybody.
    private let segments: String?

    /// Whom the caller reaches.
    init(of call: CallContext) {
        self.init(segments: call.segments.map { String(decoding: $0.json(), as: UTF8.self) })
    }

    /// For what the service does itself.
    static let everybody = ActorReach(segments: nil)

    private init(segments: String?) {
        self.segments = segments
    }

    var isEverybody: Bool { segments == nil }

    /// The condition of a WHERE that `column`, the number of an actor, is of one that is reached; nil where that goes
    /// without saying, so that who reaches everybody pays nothing for it. It has a `?` for each of ``arguments``.
    func condition(on column: StaticString) -> String? {
        guard segments != nil else { return nil }
        return """
            EXISTS (
                SELECT 1 FROM traits, json_each(traits.value) AS stated
                WHERE traits.actor = \(column) AND traits.name IN ('segment_id', 'subsegment_ids')
                    AND json_type(traits.value) IN ('text', 'array') AND stated.type = 'text'
                    AND stated.value IN (SELECT value FROM json_each(?)))
            """
    }

    var arguments: [(any SQLiteBindable)?] {
        segments.map { [$0] } ?? []
    }
}
