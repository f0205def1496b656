import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// What was decided by hand for units.
struct ForcedAssignmentStore: Sendable {
    /// - Parameter variant: the variant's key; nil: the unit is kept out.
    func set(
        experiment: Int64, unit: Int64, variant: String?, note: String?, expiresAt: Timestamp?, by principal: String,
        at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO forced_assignments (experiment, unit, variant, note, expires_at, set_at, set_by)
            VALUES (:experiment, :unit, (SELECT number FROM variants WHERE experiment = :experiment AND key = :variant),
                :note, :expires_at, :time, :principal)
            ON CONFLICT (unit, experiment) DO UPDATE SET
                variant = excluded.variant, note = excluded.note, expires_at = excluded.expires_at,
                set_at = excluded.set_at, set_by = excluded.set_by
            """,
            [
                ":experiment": experiment, ":unit": unit, ":variant": variant, ":note": note, ":expires_at": expiresAt,
                ":time": time, ":principal": principal,
            ])
    }

    /// - Returns: whether there was one.
    func remove(
        experiment: Int64, unit: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            "DELETE FROM forced_assignments WHERE experiment = :experiment AND unit = :unit",
            [":experiment": experiment, ":unit": unit]) > 0
    }

    /// Removes those that have expired.
    func sweep(at time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM forced_assignments WHERE expires_at <= :time", [":time": time])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM forced_assignments") { $0.int(0) } ?? 0
    }

    /// The experiments in which anything was decided by hand.
    func experiments(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Set<Int64> {
        Set(try transaction.all("SELECT DISTINCT experiment FROM forced_assignments") { $0.int64(0) })
    }

    /// Whether anything was decided by hand for a unit in an experiment, and has not expired.
    func contains(
        experiment: Int64, unit: Int64, at time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            """
            SELECT 1 FROM forced_assignments
            WHERE unit = :unit AND experiment = :experiment AND (expires_at IS NULL OR expires_at > :time)
            """, [":unit": unit, ":experiment": experiment, ":time": time]
        ) { _ in true } ?? false
    }

    /// What was decided for a unit in an experiment; nil: nothing, or it has expired.
    func find(
        experiment: Int64, unitType: String, unit: String, at time: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ForcedAssignment? {
        try transaction.one(
            """
            SELECT variants.key
            FROM units
                JOIN forced_assignments ON forced_assignments.unit = units.number
                LEFT JOIN variants ON variants.number = forced_assignments.variant
            WHERE units.type = :type AND units.unit = :unit AND forced_assignments.experiment = :experiment
                AND (expires_at IS NULL OR expires_at > :time)
            """, [":type": unitType, ":unit": unit, ":experiment": experiment, ":time": time]
        ) { $0.textOrNil(0).map(ForcedAssignment.variant) ?? .excluded }
    }

    /// What was decided and has not expired, with its number.
    func list(
        after number: Int64, experiment: Int64?, unit: Int64? = nil, at time: Timestamp, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int64, reply: ForcedVariant)] {
        try transaction.all(
            """
            SELECT forced_assignments.number, experiments.key, units.type, units.unit, variants.key, note, expires_at,
                set_at, set_by
            FROM forced_assignments
                JOIN experiments ON experiments.number = forced_assignments.experiment
                JOIN units ON units.number = forced_assignments.unit
                LEFT JOIN variants ON variants.number = forced_assignments.variant
            WHERE forced_assignments.number > :number
                AND (:experiment IS NULL OR forced_assignments.experiment = :experiment)
                AND (:unit IS NULL OR forced_assignments.unit = :unit)
                AND (expires_at IS NULL OR expires_at > :time)
            ORDER BY forced_assignments.number LIMIT :limit
            """,
            [":number": number, ":experiment": experiment, ":unit": unit, ":time": time, ":limit": limit]
        ) { row in
            (
                row.int64(0),
                ForcedVariant(
                    experiment: row.text(1), unitType: row.text(2), unit: row.text(3), variant: row.textOrNil(4),
                    note: row.textOrNil(5), expiresAt: row.timestampOrNil(6), setAt: row.timestamp(7),
                    setBy: row.text(8))
            )
        }
    }
}
