import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Where an event stands in lists: by when it happened, and among those of one moment by number.
struct EventPlace: Sendable, Equatable {
    let occurredAt: Timestamp
    let number: Int64

    init(occurredAt: Timestamp, number: Int64) {
        self.occurredAt = occurredAt
        self.number = number
    }

    /// - Parameter cursor: what ``cursor`` was.
    /// - Throws: invalidCursor for a text that no list gave out.
    init(cursor: String) throws(RPCError) {
        let parts = cursor.split(separator: "_", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 2, let time = parts[0], let number = parts[1] else { throw .invalidCursor }
        self.init(occurredAt: Timestamp(microseconds: time), number: number)
        guard number > 0, self.cursor == cursor else { throw .invalidCursor }
    }

    var cursor: String { "\(occurredAt.microseconds)_\(number)" }
}

extension EventStore {
    /// What to list.
    struct Filter: Sendable {
        var experiment: Int64?
        var unit: Int64?
        var type: String?
        var from: Timestamp?
        var to: Timestamp?
    }

    /// The numbers of events, in the order of their places, found by an index for whatever is asked.
    func numbers(
        _ filter: Filter, after place: EventPlace?, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        // Numbers begin at 1.
        let first = EventPlace(occurredAt: filter.from ?? Timestamp(microseconds: .min), number: 0)
        let (time, number) = ((place ?? first).occurredAt, (place ?? first).number)
        let to = filter.to ?? Timestamp(microseconds: .max)
        if let unit = filter.unit {
            return try transaction.all(
                Self.ofUnit,
                [
                    ":unit": unit, ":time": time, ":number": number, ":to": to, ":type": filter.type,
                    ":experiment": filter.experiment, ":limit": limit,
                ]
            ) { $0.int64(0) }
        }
        if let experiment = filter.experiment {
            return try transaction.all(
                Self.ofExperiment,
                [
                    ":experiment": experiment, ":time": time, ":number": number, ":to": to, ":type": filter.type,
                    ":limit": limit,
                ]
            ) { $0.int64(0) }
        }
        if let type = filter.type {
            return try transaction.all(
                Self.ofType, [":type": type, ":time": time, ":number": number, ":to": to, ":limit": limit]
            ) { $0.int64(0) }
        }
        return try transaction.all(
            Self.ofAll, [":time": time, ":number": number, ":to": to, ":limit": limit]
        ) { $0.int64(0) }
    }

    // A unit's events are few: they are sorted. The plus keeps SQLite from the index by type, where it would go through
    // the events of all units.
    static let ofUnit: StaticString = """
        SELECT number FROM experiment_events
        WHERE unit = :unit AND (occurred_at, number) > (:time, :number) AND occurred_at < :to
            AND (:type IS NULL OR +type = :type)
            AND (:experiment IS NULL OR EXISTS (
                SELECT 1 FROM event_variants
                WHERE event = experiment_events.number AND experiment = :experiment))
        ORDER BY occurred_at, number LIMIT :limit
        """

    static let ofExperiment: StaticString = """
        SELECT event FROM event_variants
        WHERE experiment = :experiment AND (occurred_at, event) > (:time, :number) AND occurred_at < :to
            AND (:type IS NULL OR :type = (
                SELECT type FROM experiment_events WHERE experiment_events.number = event_variants.event))
        ORDER BY occurred_at, event LIMIT :limit
        """

    static let ofType: StaticString = """
        SELECT number FROM experiment_events
        WHERE type = :type AND (occurred_at, number) > (:time, :number) AND occurred_at < :to
        ORDER BY occurred_at, number LIMIT :limit
        """

    // The first ones of each type, and of these the first: types are few, and an index by time alone would cost every
    // event that comes in.
    static let ofAll: StaticString = """
        WITH RECURSIVE types (type) AS (
            SELECT min(type) FROM experiment_events
            UNION ALL
            SELECT (SELECT min(type) FROM experiment_events WHERE experiment_events.type > types.type) FROM types
            WHERE types.type IS NOT NULL)
        SELECT experiment_events.number FROM types JOIN experiment_events ON experiment_events.number IN (
            SELECT candidates.number FROM experiment_events AS candidates
            WHERE candidates.type = types.type AND (candidates.occurred_at, candidates.number) > (:time, :number)
                AND candidates.occurred_at < :to
            ORDER BY candidates.occurred_at, candidates.number LIMIT :limit)
        ORDER BY experiment_events.occurred_at, experiment_events.number LIMIT :limit
        """

    /// An event as it is told; nil: it is not there.
    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredEvent? {
        let met = try transaction.all(
            """
            SELECT experiments.key, variants.key FROM event_variants
                JOIN experiments ON experiments.number = event_variants.experiment
                JOIN variants ON variants.number = event_variants.variant
            WHERE event = :event ORDER BY experiments.number
            """, [":event": number]
        ) { MetVariant(experiment: $0.text(0), variant: $0.text(1)) }
        return try transaction.one(
            """
            SELECT experiment_events.id, experiment_events.type, units.type, units.unit, context, metrics, payload,
                occurred_at, received_at, source, message_id, retracted_at
            FROM experiment_events JOIN units ON units.number = experiment_events.unit
            WHERE experiment_events.number = :number
            """, [":number": number]
        ) { row throws(RPCError) in
            guard let source = EventSource(rawValue: row.text(9)) else {
                throw .internalError("An event is of an unknown source.")
            }
            return StoredEvent(
                id: row.uuid(0), type: row.text(1), unitType: row.text(2), unit: row.text(3), experiments: met,
                context: try row.rawJSON(4), metrics: try row.rawJSON(5), payload: try row.rawJSON(6),
                at: row.timestamp(7), receivedAt: row.timestamp(8), source: source, messageId: row.textOrNil(10),
                retractedAt: row.timestampOrNil(11))
        }
    }
}
