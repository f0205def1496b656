import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// An event on its way in.
struct NewEvent: Sendable {
    let unit: Int64
    let messageID: String?
    let type: String
    let source: EventSource
    let occurredAt: Timestamp
    let context: JSONRaw?
    let metrics: JSONRaw?
    let payload: JSONRaw?
    /// What `metrics` says.
    let numbers: EventNumbers
}

/// What metrics need of an event.
struct CountedEvent: Sendable {
    let type: String
    let source: EventSource
    let occurredAt: Timestamp
    let numbers: EventNumbers
}

/// What units did.
struct EventStore: Sendable {
    /// Keeps an event.
    ///
    /// - Returns: its number; nil where its unit has one of this name.
    func insert(
        _ event: NewEvent, id: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64? {
        let inserted = try transaction.run(
            """
            INSERT INTO experiment_events
                (id, unit, message_id, type, source, occurred_at, received_at, context, metrics, payload)
            VALUES (:id, :unit, :message, :type, :source, :occurred, :received, :context, :metrics, :payload)
            ON CONFLICT (unit, source, message_id) DO NOTHING
            """,
            [
                ":id": id, ":unit": event.unit, ":message": event.messageID, ":type": event.type,
                ":source": event.source.rawValue, ":occurred": event.occurredAt, ":received": time,
                ":context": event.context, ":metrics": event.metrics, ":payload": event.payload,
            ])
        return inserted > 0 ? transaction.connection.lastInsertRowID : nil
    }

    /// An event that is there.
    struct Known: Sendable {
        let number: Int64
        let event: CountedEvent
        let metrics: JSONRaw?
        let isRetracted: Bool
    }

    /// The event of this name that a unit has; nil: none.
    func find(
        _ messageID: String, of unit: Int64, from source: EventSource,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Known? {
        try transaction.one(
            """
            SELECT type, source, occurred_at, metrics, number, retracted_at IS NOT NULL FROM experiment_events
            WHERE unit = :unit AND source = :source AND message_id = :message
            """, [":unit": unit, ":source": source.rawValue, ":message": messageID]
        ) { row throws(RPCError) in
            Known(
                number: row.int64(4), event: try Self.counted(row), metrics: try row.rawJSON(3),
                isRetracted: row.bool(5))
        }
    }

    /// Keeps other numbers of an event.
    func set(
        _ metrics: JSONRaw?, of number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE experiment_events SET metrics = :metrics WHERE number = :number",
            [":metrics": metrics, ":number": number])
    }

    func insert(
        variant: Int64, of experiment: Int64, event: Int64, occurredAt: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO event_variants (event, experiment, variant, occurred_at)
            VALUES (:event, :experiment, :variant, :occurred) ON CONFLICT (event, experiment) DO NOTHING
            """, [":event": event, ":experiment": experiment, ":variant": variant, ":occurred": occurredAt])
    }

    /// The events of a type that a unit has and that were not retracted, by time.
    func events(
        of unit: Int64, type: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [CountedEvent] {
        // A plus keeps SQLite from the index by type, where it would go through the events of all units.
        try transaction.all(
            """
            SELECT type, source, occurred_at, metrics FROM experiment_events
            WHERE unit = :unit AND +type = :type AND retracted_at IS NULL ORDER BY occurred_at, number
            """, [":unit": unit, ":type": type], Self.counted)
    }

    /// Hands the events of a type and an hour to `body` that units of a variant did behind their exposure: each with its
    /// unit, and when that was exposed.
    func each(
        _ type: String, inHour hour: Int, of experiment: Int64, variant: Int64,
        in transaction: borrowing some Transaction & ~Copyable,
        _ body: (_ event: CountedEvent, _ unit: Int64, _ exposedAt: Timestamp) -> Void
    ) throws(RPCError) {
        let events = try transaction.all(
            """
            SELECT experiment_events.type, source, occurred_at, metrics, entries.unit, exposed_at
            FROM experiment_events
                JOIN entries ON entries.unit = experiment_events.unit AND entries.experiment = :experiment
            WHERE experiment_events.type = :type AND occurred_at >= :from AND occurred_at < :to
                AND retracted_at IS NULL AND variant = :variant AND occurred_at >= exposed_at
            """,
            [
                ":experiment": experiment, ":type": type, ":variant": variant, ":from": Int64(hour) * 3_600_000_000,
                ":to": Int64(hour + 1) * 3_600_000_000,
            ]
        ) { row throws(RPCError) in (event: try Self.counted(row), unit: row.int64(4), exposedAt: row.timestamp(5)) }
        for (event, unit, exposedAt) in events { body(event, unit, exposedAt) }
    }

    private static func counted(_ row: Statement) throws(RPCError) -> CountedEvent {
        guard let source = EventSource(rawValue: row.text(1)) else {
            throw .internalError("An event is of an unknown source.")
        }
        return CountedEvent(
            type: row.text(0), source: source, occurredAt: row.timestamp(2),
            numbers: EventNumbers(try row.rawJSON(3)))
    }

    /// Marks an event as retracted.
    ///
    /// - Returns: what it was; nil when it was retracted before.
    /// - Throws: notFound for one that is not there.
    func retract(
        _ id: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (unit: Int64, event: CountedEvent)? {
        let found = try transaction.one(
            """
            SELECT type, source, occurred_at, metrics, unit, retracted_at IS NULL FROM experiment_events WHERE id = :id
            """, [":id": id]
        ) { row throws(RPCError) in (event: try Self.counted(row), unit: row.int64(4), counts: row.bool(5)) }
        guard let found else { throw .notFound("event", id) }
        guard found.counts else { return nil }
        try transaction.run(
            "UPDATE experiment_events SET retracted_at = :time WHERE id = :id", [":id": id, ":time": time])
        return (found.unit, found.event)
    }
}
