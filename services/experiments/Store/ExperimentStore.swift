import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// An experiment as a row, with its variants.
struct StoredExperiment: Sendable {
    let number: Int64
    let id: UUIDv7
    let key: String
    var name: String
    var description: String?
    var hypothesis: String?
    var owner: String?
    let unitType: String
    var status: ExperimentStatus
    let hashVersion: Int
    let seed: String
    let hashAttribute: String
    let fallbackAttribute: String?
    var condition: JSONRaw?
    var prerequisites: [RequiredExperiment]
    var isSticky: Bool
    var bucketVersion: Int
    var minimumBucketVersion: Int
    var startAt: Timestamp?
    var endAt: Timestamp?
    /// 0 before the first.
    var phase: Int
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var version: Int
    /// Those that are in it, in their order.
    var variants: [Variant] = []
    /// Nil: it excludes no other.
    var slot: StoredSlot?
    /// The holdout that it measures; nil for what assigns units.
    var holdout: Int64?
}

/// Experiments with their variants. What measures a holdout is found by its number and its holdout alone.
struct ExperimentStore: Sendable {
    /// SQL for the key of the experiment that a row names.
    static let key = "(SELECT experiments.key FROM experiments WHERE experiments.number = experiment)"

    private let variants = VariantStore()
    private let layers = LayerStore()

    func insert(_ experiment: StoredExperiment, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO experiments
                (number, id, key, name, description, hypothesis, owner, unit_type, status, hash_version, seed,
                hash_attribute, fallback_attribute, condition, prerequisites, is_sticky, bucket_version,
                minimum_bucket_version, start_at, end_at, created_at, updated_at, version, holdout)
            VALUES
                (:number, :id, :key, :name, :description, :hypothesis, :owner, :unit_type, :status, :hash_version, :seed,
                :hash_attribute, :fallback_attribute, :condition, :prerequisites, :is_sticky, :bucket_version,
                :minimum_bucket_version, :start_at, :end_at, :created_at, :created_at, :version, :holdout)
            """,
            [
                ":number": experiment.number, ":id": experiment.id, ":key": experiment.key, ":name": experiment.name,
                ":description": experiment.description, ":hypothesis": experiment.hypothesis,
                ":owner": experiment.owner, ":unit_type": experiment.unitType, ":status": experiment.status.rawValue,
                ":hash_version": experiment.hashVersion, ":seed": experiment.seed,
                ":hash_attribute": experiment.hashAttribute, ":fallback_attribute": experiment.fallbackAttribute,
                ":condition": experiment.condition?.text, ":prerequisites": experiment.prerequisites.jsonText,
                ":is_sticky": experiment.isSticky, ":bucket_version": experiment.bucketVersion,
                ":minimum_bucket_version": experiment.minimumBucketVersion, ":start_at": experiment.startAt,
                ":end_at": experiment.endAt, ":created_at": experiment.createdAt, ":version": experiment.version,
                ":holdout": experiment.holdout,
            ])
        try variants.replace(experiment.variants, of: experiment.number, in: transaction)
        try layers.place(experiment.slot, of: experiment.number, in: transaction)
    }

    /// Writes all that may change of an experiment.
    func update(_ experiment: StoredExperiment, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE experiments SET
                name = :name, description = :description, hypothesis = :hypothesis, owner = :owner, status = :status,
                condition = :condition, prerequisites = :prerequisites, is_sticky = :is_sticky,
                bucket_version = :bucket_version, minimum_bucket_version = :minimum_bucket_version,
                start_at = :start_at, end_at = :end_at, phase = :phase, updated_at = :updated_at, version = :version
            WHERE number = :number
            """,
            [
                ":number": experiment.number, ":name": experiment.name, ":description": experiment.description,
                ":hypothesis": experiment.hypothesis, ":owner": experiment.owner,
                ":status": experiment.status.rawValue, ":condition": experiment.condition?.text,
                ":prerequisites": experiment.prerequisites.jsonText, ":is_sticky": experiment.isSticky,
                ":bucket_version": experiment.bucketVersion,
                ":minimum_bucket_version": experiment.minimumBucketVersion, ":start_at": experiment.startAt,
                ":end_at": experiment.endAt, ":phase": experiment.phase, ":updated_at": experiment.updatedAt,
                ":version": experiment.version,
            ])
        try variants.replace(experiment.variants, of: experiment.number, in: transaction)
        try layers.place(experiment.slot, of: experiment.number, in: transaction)
    }

    /// The keys of experiments that are not archived and have another one as prerequisite.
    func needing(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT key FROM experiments
            WHERE status <> 'archived' AND EXISTS (
                SELECT 1 FROM json_each(prerequisites) WHERE json_extract(value, '$.experiment') = :key)
            ORDER BY number
            """, [":key": key]
        ) { $0.text(0) }
    }

    /// When an experiment ended, or is to end; nil: it goes on.
    func end(
        of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Timestamp? {
        let end = try transaction.one(
            """
            SELECT CASE WHEN status IN ('completed', 'archived')
                THEN (SELECT max(closed_at) FROM phases WHERE experiment = experiments.number) ELSE end_at END
            FROM experiments WHERE number = :number
            """, [":number": number]
        ) { $0.timestampOrNil(0) }
        return end.flatMap(\.self)
    }

    func nextNumber(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT coalesce(max(number), 0) + 1 FROM experiments") { $0.int64(0) } ?? 1
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM experiments WHERE holdout IS NULL") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment? {
        let number = try transaction.one(
            "SELECT number FROM experiments WHERE id = :id AND holdout IS NULL", [":id": id]
        ) { $0.int64(0) }
        return try number.flatMap { number throws(RPCError) in try find(number: number, in: transaction) }
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment? {
        let number = try transaction.one(
            "SELECT number FROM experiments WHERE key = :key AND holdout IS NULL", [":key": key]
        ) { $0.int64(0) }
        return try number.flatMap { number throws(RPCError) in try find(number: number, in: transaction) }
    }

    /// What measures a holdout.
    func find(
        measuring holdout: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment {
        let number = try transaction.one(
            "SELECT number FROM experiments WHERE holdout = :holdout", [":holdout": holdout]
        ) { $0.int64(0) }
        guard let number, let found = try find(number: number, in: transaction) else {
            throw .internalError("Nothing measures the holdout number \(holdout).")
        }
        return found
    }

    /// The numbers of experiments behind one, in the order in which they were created.
    ///
    /// - Parameter status: only those; nil: all but archived ones.
    func numbers(
        after number: Int64, limit: Int, status: ExperimentStatus?,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        try transaction.all(
            """
            SELECT number FROM experiments
            WHERE number > :number AND holdout IS NULL
                AND CASE WHEN :status IS NULL THEN status <> 'archived' ELSE status = :status END
            ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit, ":status": status?.rawValue]
        ) { $0.int64(0) }
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment? {
        let found = try transaction.one(
            """
            SELECT number, id, key, name, description, hypothesis, owner, unit_type, status, hash_version, seed,
                hash_attribute, fallback_attribute, condition, prerequisites, is_sticky, bucket_version,
                minimum_bucket_version, start_at, end_at, phase, created_at, updated_at, version, holdout
            FROM experiments WHERE number = :number
            """, [":number": number], Self.stored)
        guard var experiment = found else { return nil }
        experiment.variants = try variants.all(of: number, in: transaction)
        experiment.slot = try layers.slot(of: number, in: transaction)
        return experiment
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredExperiment {
        guard let status = ExperimentStatus(rawValue: row.text(8)) else {
            throw .internalError("An experiment has the unknown status '\(row.text(8))'.")
        }
        return StoredExperiment(
            number: row.int64(0), id: row.uuid(1), key: row.text(2), name: row.text(3), description: row.textOrNil(4),
            hypothesis: row.textOrNil(5), owner: row.textOrNil(6), unitType: row.text(7), status: status,
            hashVersion: row.int(9), seed: row.text(10), hashAttribute: row.text(11),
            fallbackAttribute: row.textOrNil(12), condition: try row.rawJSON(13),
            prerequisites: try row.json(14), isSticky: row.bool(15), bucketVersion: row.int(16),
            minimumBucketVersion: row.int(17), startAt: row.timestampOrNil(18), endAt: row.timestampOrNil(19),
            phase: row.int(20), createdAt: row.timestamp(21), updatedAt: row.timestamp(22), version: row.int(23),
            holdout: row.int64OrNil(24))
    }
}
