import JSONRPC
import SQLite
import ServiceContract

/// Which events are fetched from signals, for units of which type, and how far they were.
struct FollowedEventStore: Sendable {
    struct Followed: Sendable, Hashable {
        let event: String
        let unitType: String
    }

    /// What the metrics of experiments count that are not archived, of signals.
    func needed(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Set<Followed> {
        let all = try transaction.all(
            """
            SELECT metrics.event, experiments.unit_type FROM planned_metrics
                JOIN metrics ON metrics.number = planned_metrics.metric
                JOIN experiments ON experiments.number = planned_metrics.experiment
            WHERE metrics.source = 'signals' AND experiments.status <> 'archived'
            UNION
            SELECT metrics.denominator_event, experiments.unit_type FROM planned_metrics
                JOIN metrics ON metrics.number = planned_metrics.metric
                JOIN experiments ON experiments.number = planned_metrics.experiment
            WHERE metrics.source = 'signals' AND experiments.status <> 'archived'
                AND metrics.denominator_event IS NOT NULL
            """
        ) { Followed(event: $0.text(0), unitType: $0.text(1)) }
        return Set(all)
    }

    func all(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(followed: Followed, fetchedThrough: Int64, wantedThrough: Int64)] {
        try transaction.all(
            """
            SELECT event, unit_type, fetched_through, wanted_through FROM followed_events ORDER BY event, unit_type
            """
        ) { (Followed(event: $0.text(0), unitType: $0.text(1)), $0.int64(2), $0.int64(3)) }
    }

    /// - Parameter isNeeded: false removes it.
    func set(_ followed: Followed, isNeeded: Bool, in transaction: borrowing WriteTransaction) throws(RPCError) {
        let key: Arguments = [":event": followed.event, ":type": followed.unitType]
        guard isNeeded else {
            try transaction.run("DELETE FROM followed_events WHERE event = :event AND unit_type = :type", key)
            return
        }
        try transaction.run(
            "INSERT INTO followed_events (event, unit_type) VALUES (:event, :type) ON CONFLICT DO NOTHING", key)
    }

    func fetched(
        _ followed: Followed, through: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE followed_events SET fetched_through = :through WHERE event = :event AND unit_type = :type
            """, [":event": followed.event, ":type": followed.unitType, ":through": through])
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
