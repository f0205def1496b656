import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// How the shares of experiments follow what is known of their variants, and when they were moved.
struct ShareRuleStore: Sendable {
    func find(
        _ experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ShareRule? {
        try transaction.one(
            """
            SELECT metrics.key, method, floor, burn_in_units, period_seconds, looked_at, share_rules.version
            FROM share_rules JOIN metrics ON metrics.number = share_rules.metric WHERE experiment = :experiment
            """, [":experiment": experiment]
        ) { row throws(RPCError) in
            guard let method = WeightMethod(rawValue: row.text(1)) else {
                throw .internalError("Weights are made by the unknown method '\(row.text(1))'.")
            }
            return ShareRule(
                metric: row.text(0), method: method, floor: row.int(2), burnInUnits: row.int(3),
                periodHours: row.intOrNil(4).map { $0 / 3_600 }, lookedAt: row.timestampOrNil(5), version: row.int(6))
        }
    }

    func contains(
        _ experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM share_rules WHERE experiment = :experiment", [":experiment": experiment]
        ) { _ in true } ?? false
    }

    func set(
        _ rule: ShareRule, of experiment: Int64, metric: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO share_rules
                (experiment, metric, method, floor, burn_in_units, period_seconds, looked_at, version)
            VALUES (:experiment, :metric, :method, :floor, :units, :period, :looked, :version)
            ON CONFLICT (experiment) DO UPDATE SET
                metric = excluded.metric, method = excluded.method, floor = excluded.floor,
                burn_in_units = excluded.burn_in_units, period_seconds = excluded.period_seconds,
                version = excluded.version
            """,
            [
                ":experiment": experiment, ":metric": metric, ":method": rule.method.rawValue, ":floor": rule.floor,
                ":units": rule.burnInUnits, ":period": rule.periodHours.map { $0 * 3_600 }, ":looked": rule.lookedAt,
                ":version": rule.version,
            ])
    }

    /// Experiments that are active and whose period is over, counted from the last look, or from their first phase.
    func due(
        at time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        try transaction.all(
            """
            SELECT experiment FROM share_rules JOIN experiments ON experiments.number = share_rules.experiment
            WHERE experiments.status = 'active' AND (experiments.end_at IS NULL OR experiments.end_at > :time)
                AND period_seconds * 1000000 + coalesce(looked_at, (
                    SELECT opened_at FROM phases WHERE phases.experiment = experiments.number AND phases.number = 1
                )) <= :time
            ORDER BY experiment
            """, [":time": time]
        ) { $0.int64(0) }
    }

    func look(_ experiment: Int64, at time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE share_rules SET looked_at = :time WHERE experiment = :experiment",
            [":experiment": experiment, ":time": time])
    }

    // MARK: Moves

    func add(
        _ move: ShareMove, of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO share_moves (experiment, number, phase, moved_at, mover, arms)
            VALUES (:experiment, (SELECT coalesce(max(number), 0) + 1 FROM share_moves WHERE experiment = :experiment),
                :phase, :time, :mover, :arms)
            """,
            [
                ":experiment": experiment, ":phase": move.phase, ":time": move.at, ":mover": move.mover.rawValue,
                ":arms": move.arms.jsonText,
            ])
    }

    func moves(
        of experiment: Int64, after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int64, move: ShareMove)] {
        try transaction.all(
            """
            SELECT number, phase, moved_at, mover, arms FROM share_moves
            WHERE experiment = :experiment AND number > :number ORDER BY number LIMIT :limit
            """, [":experiment": experiment, ":number": number, ":limit": limit]
        ) { row throws(RPCError) in
            guard let mover = ShareMover(rawValue: row.text(3)) else {
                throw .internalError("Shares were moved by the unknown '\(row.text(3))'.")
            }
            return (
                row.int64(0), ShareMove(at: row.timestamp(2), phase: row.int(1), mover: mover, arms: try row.json(4))
            )
        }
    }
}
