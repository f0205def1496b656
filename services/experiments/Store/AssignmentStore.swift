import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

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

    /// The phase in which a unit was assigned the variant that is kept; nil: none is.
    func phase(
        of unit: Int64, in experiment: Int64, variant: Int64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int? {
        let phase = try transaction.one(
            """
            SELECT min(phase) FROM assignments WHERE unit = :unit AND experiment = :experiment AND variant = :variant
            """, [":unit": unit, ":experiment": experiment, ":variant": variant]
        ) { $0.intOrNil(0) }
        return phase.flatMap(\.self)
    }

    /// The assignments that are kept of an experiment, or of a unit, behind one of them.
    func list(
        of experiment: Int64?, unit: Int64?, after: (unit: Int64, experiment: Int64, attribute: String), limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            """
            SELECT assignments.unit, assignments.experiment, assignments.hash_attribute, experiments.key, units.type,
                units.unit, variants.key, reason, assignments.bucket_version, bucket, propensity, assignments.phase,
                assignments.version, assigned_at
            FROM assignments
                JOIN experiments ON experiments.number = assignments.experiment
                JOIN units ON units.number = assignments.unit
                JOIN variants ON variants.number = assignments.variant
            WHERE (assignments.unit, assignments.experiment, assignments.hash_attribute)
                    > (:after_unit, :after_experiment, :after_attribute)
                AND (:experiment IS NULL OR assignments.experiment = :experiment)
                AND (:unit IS NULL OR assignments.unit = :unit)
            ORDER BY assignments.unit, assignments.experiment, assignments.hash_attribute LIMIT :limit
            """,
            [
                ":after_unit": after.unit, ":after_experiment": after.experiment, ":after_attribute": after.attribute,
                ":experiment": experiment, ":unit": unit, ":limit": limit,
            ]
        ) { row throws(RPCError) in
            guard let reason = AssignmentReason(rawValue: row.text(7)) else {
                throw .internalError("An assignment was made for the unknown reason '\(row.text(7))'.")
            }
            return Stored(
                position: (row.int64(0), row.int64(1), row.text(2)),
                reply: KeptAssignment(
                    experiment: row.text(3), unitType: row.text(4), unit: row.text(5), hashAttribute: row.text(2),
                    variant: row.text(6), reason: reason, bucketVersion: row.int(8),
                    bucket: row.int64OrNil(9).map { Int($0) }, propensity: row.doubleOrNil(10), phase: row.int(11),
                    version: row.int(12), assignedAt: row.timestamp(13)))
        }
    }

    /// An assignment and its place in the order of all.
    struct Stored: Sendable {
        let position: (unit: Int64, experiment: Int64, attribute: String)
        let reply: KeptAssignment
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
