import Assignment
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// The assignments that sticky experiments keep, and the units they are of.
struct AssignmentStore: Sendable {
    /// The assignments that are kept of a unit in one experiment, under the names it has there.
    ///
    /// - Parameter names: the attributes that may name the unit, and what they say.
    func kept(
        of experiment: Int64, key: String, unitType: String, names: [(attribute: String, unit: String)],
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StickyAssignment] {
        var kept: [StickyAssignment] = []
        for (attribute, unit) in names {
            let found = try transaction.one(
                """
                SELECT variants.key, assignments.bucket_version, assignments.propensity
                FROM units
                    JOIN assignments ON assignments.unit = units.number
                    JOIN variants ON variants.number = assignments.variant
                WHERE units.type = :type AND units.unit = :unit AND assignments.experiment = :experiment
                    AND assignments.hash_attribute = :attribute
                """, [":type": unitType, ":unit": unit, ":experiment": experiment, ":attribute": attribute]
            ) { row in
                StickyAssignment(
                    experiment: key, bucketVersion: row.int(1), variant: row.text(0), hashAttribute: attribute,
                    unit: unit, propensity: row.doubleOrNil(2))
            }
            if let found { kept.append(found) }
        }
        return kept
    }

    /// Keeps what was decided for a unit; what was kept before of the same name goes.
    func keep(
        _ evaluation: Evaluation, of experiment: Int64, variant: String, unit: Int64, hashAttribute: String,
        at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO assignments
                (experiment, unit, hash_attribute, bucket_version, variant, reason, bucket, propensity, phase, version,
                assigned_at)
            VALUES (:experiment, :unit, :attribute, :bucket_version,
                (SELECT number FROM variants WHERE experiment = :experiment AND key = :variant),
                :reason, :bucket, :propensity, :phase, :version, :time)
            ON CONFLICT (unit, experiment, hash_attribute) DO UPDATE SET
                bucket_version = excluded.bucket_version, variant = excluded.variant, reason = excluded.reason,
                bucket = excluded.bucket, propensity = excluded.propensity, phase = excluded.phase,
                version = excluded.version, assigned_at = excluded.assigned_at
            """,
            [
                ":experiment": experiment, ":unit": unit, ":attribute": hashAttribute,
                ":bucket_version": evaluation.bucketVersion, ":variant": variant,
                ":reason": evaluation.reason.rawValue, ":bucket": evaluation.bucket,
                ":propensity": evaluation.propensity, ":phase": evaluation.phase, ":version": evaluation.version,
                ":time": time,
            ])
    }
}
