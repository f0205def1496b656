import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Which events are fetched from signals, for units of which type, and how far they were.
struct FollowedEventStore: Sendable {
    struct Followed: Sendable, Hashable {
        let event: String
        let unitType: String
    }

    /// How long what comes late is waited for, once a metric's window is over for all units of a holdout. Days.
    static let lateDays: Int64 = 30

    /// What metrics count of signals: those of experiments that are not archived, and of holdouts until nothing counts for
    /// them any more.
    func needed(
        at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<Followed> {
        let all = try transaction.all(
            """
            WITH counted AS (
                SELECT metrics.event, metrics.denominator_event, experiments.unit_type FROM planned_metrics
                    JOIN metrics ON metrics.number = planned_metrics.metric
                    JOIN experiments ON experiments.number = planned_metrics.experiment
                    LEFT JOIN holdouts ON holdouts.number = experiments.holdout
                WHERE metrics.source = 'signals' AND experiments.status <> 'archived'
                    AND (holdouts.end_at IS NULL
                        OR holdouts.end_at + coalesce(window_seconds, to_seconds, 0) * 1000000 > :time))
            SELECT event, unit_type FROM counted
            UNION SELECT denominator_event, unit_type FROM counted WHERE denominator_event IS NOT NULL
            """, [":time": now.advanced(bySeconds: -86_400 * Self.lateDays)]
        ) { Followed(event: $0.text(0), unitType: $0.text(1)) }
        return Set(all)
    }

    /// How far the fetching of one is.
    struct Progress: Sendable {
        let followed: Followed
        /// Which of its numbers are asked for.
        let fields: [String]
        let fetchedThrough: Int64
        /// Whether there was nothing behind that.
        let reachedEnd: Bool
        let wantedThrough: Int64

        var isBehind: Bool { !reachedEnd || fetchedThrough < wantedThrough }
    }

    func all(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [Progress] {
        try transaction.all(
            """
            SELECT event, unit_type, fields, fetched_through, reached_end, wanted_through FROM followed_events
            ORDER BY event, unit_type
            """
        ) { row throws(RPCError) in
            Progress(
                followed: Followed(event: row.text(0), unitType: row.text(1)), fields: try row.json(2),
                fetchedThrough: row.int64(3), reachedEnd: row.bool(4), wantedThrough: row.int64(5))
        }
    }

    /// Asks for numbers of an event, from its first page on.
    func follow(
        _ followed: Followed, fields: [String], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO followed_events (event, unit_type, fields) VALUES (:event, :type, :fields)
            ON CONFLICT (event, unit_type) DO UPDATE SET
                fields = excluded.fields, fetched_through = 0, reached_end = 0
            """, [":event": followed.event, ":type": followed.unitType, ":fields": fields.jsonText])
    }

    /// Fetches all that is followed for units of a type from the first page on.
    ///
    /// - Returns: whether there is anything.
    func beginAnew(_ unitType: String, in transaction: borrowing WriteTransaction) throws(RPCError) -> Bool {
        try transaction.run(
            """
            UPDATE followed_events SET fetched_through = 0, reached_end = 0, wanted_through = 0
            WHERE unit_type = :type
            """, [":type": unitType]) > 0
    }

    func leave(_ followed: Followed, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "DELETE FROM followed_events WHERE event = :event AND unit_type = :type",
            [":event": followed.event, ":type": followed.unitType])
    }

    /// A page was taken that was asked for at the progress that there is.
    ///
    /// A page that brings nothing further is the end of what there is: then no more is wanted, but for what arrived while
    /// it was read.
    func fetched(
        _ asked: Progress, through: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let isEnd = through == asked.fetchedThrough
        try transaction.run(
            """
            UPDATE followed_events SET fetched_through = :through, reached_end = :end,
                wanted_through = CASE WHEN :end AND wanted_through = :wanted THEN :through ELSE wanted_through END
            WHERE event = :event AND unit_type = :type
            """,
            [
                ":event": asked.followed.event, ":type": asked.followed.unitType, ":through": through, ":end": isEnd,
                ":wanted": asked.wantedThrough,
            ])
    }

    /// Since when events are kept, by the brand's own rule; nil: for ever.
    func keptSince(
        _ now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Timestamp? {
        try transaction.one("SELECT days FROM retention_rules WHERE name = 'experiment_events'") {
            now.advanced(bySeconds: -86_400 * $0.int64(0))
        }
    }

    /// Says that there is something to fetch.
    func want(through: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE followed_events SET wanted_through = max(wanted_through, :through)", [":through": through])
    }

    /// The numbers that metrics need of an event.
    func fields(
        of event: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT value_field FROM metrics WHERE event = :event AND source = 'signals' AND value_field IS NOT NULL
            UNION
            SELECT denominator_field FROM metrics
            WHERE coalesce(denominator_event, event) = :event AND source = 'signals' AND denominator_field IS NOT NULL
            ORDER BY 1
            """, [":event": event]
        ) { $0.text(0) }
    }

    /// Whether signals are being fetched.
    func isFetching(_ kind: String, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM jobs WHERE kind = :kind AND status = 'running'", [":kind": kind]
        ) { _ in true } ?? false
    }
}
