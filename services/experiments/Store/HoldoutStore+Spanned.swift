import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

extension HoldoutStore {
    /// Experiments of one answer.
    static let spannedAtMost = 2_000

    /// The experiments that a holdout withheld units from, in the order in which they were created.
    ///
    /// An experiment of a layer counts from the phase in which it came into it.
    func spanned(
        by holdout: StoredHoldout, until end: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SpannedExperiment] {
        let rows = try transaction.all(
            """
            SELECT experiments.key, experiments.name, experiments.status, experiments.end_at,
                max(:from, min(phases.opened_at)), max(phases.closed_at),
                -- The one variant that has all units of the phase that is open or was last.
                (SELECT CASE WHEN count(*) = 1 AND NOT max(variants.is_control) THEN max(variants.key) END
                FROM phase_arms JOIN variants ON variants.number = phase_arms.variant
                WHERE phase_arms.experiment = experiments.number AND phase_arms.phase = experiments.phase
                    AND phase_arms.buckets <> '[]')
            FROM experiments JOIN phases ON phases.experiment = experiments.number
            WHERE experiments.holdout IS NULL AND phases.opened_at <= :until
                AND (phases.closed_at IS NULL OR phases.closed_at > :from)
                AND CASE :scope
                    WHEN 'everything' THEN 1
                    WHEN 'experiments' THEN experiments.number IN (
                        SELECT experiment FROM holdout_members WHERE holdout = :holdout)
                    ELSE EXISTS (
                        SELECT 1 FROM phase_slots JOIN holdout_members ON holdout_members.layer = phase_slots.layer
                        WHERE holdout_members.holdout = :holdout AND phase_slots.experiment = phases.experiment
                            AND phase_slots.phase = phases.number)
                    END
            GROUP BY experiments.number ORDER BY experiments.number LIMIT :limit
            """,
            [
                ":from": holdout.startAt, ":until": end, ":scope": holdout.scope.rawValue,
                ":holdout": holdout.number, ":limit": Self.spannedAtMost,
            ]
        ) { row throws(RPCError) in
            (
                key: row.text(0), name: row.text(1), status: ExperimentStatus(rawValue: row.text(2)),
                endAt: row.timestampOrNil(3), since: row.timestamp(4), closedAt: row.timestampOrNil(5),
                sole: row.textOrNil(6)
            )
        }
        return rows.map { row in
            var ended: Timestamp?
            if row.status == .completed || row.status == .archived {
                ended = row.closedAt
            } else if let endAt = row.endAt, endAt <= end {
                ended = endAt
            }
            return SpannedExperiment(
                key: row.key, name: row.name, state: ended != nil ? .ended : row.sole != nil ? .shipped : .running,
                variant: row.sole, since: row.since, until: ended)
        }
    }
}
