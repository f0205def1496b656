import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// A layer as a row.
struct StoredLayer: Sendable {
    let number: Int64
    let id: UUIDv7
    let key: String
    var name: String
    var description: String?
    let hashVersion: Int
    let seed: String
    let hashAttribute: String
    var isArchived = false
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var version: Int
}

/// The part of a layer that an experiment has.
struct StoredSlot: Sendable, Equatable {
    let layer: Int64
    let layerKey: String
    let buckets: BucketSet

    var reply: ExperimentSlot { ExperimentSlot(layer: layerKey, ranges: buckets.replies) }
}

extension BucketSet {
    var replies: [PhaseRange] { ranges.map { PhaseRange(lower: $0.lower, upper: $0.upper) } }
}

/// Layers, and whose their buckets are.
struct LayerStore: Sendable {
    func insert(_ layer: StoredLayer, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO layers
                (number, id, key, name, description, hash_version, seed, hash_attribute, created_at, updated_at, version)
            VALUES (:number, :id, :key, :name, :description, :hash_version, :seed, :hash_attribute, :time, :time, :version)
            """,
            [
                ":number": layer.number, ":id": layer.id, ":key": layer.key, ":name": layer.name,
                ":description": layer.description, ":hash_version": layer.hashVersion, ":seed": layer.seed,
                ":hash_attribute": layer.hashAttribute, ":time": layer.createdAt, ":version": layer.version,
            ])
    }

    /// Writes all that may change of a layer.
    func update(_ layer: StoredLayer, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE layers SET name = :name, description = :description, is_archived = :is_archived,
                updated_at = :updated_at, version = :version
            WHERE number = :number
            """,
            [
                ":number": layer.number, ":name": layer.name, ":description": layer.description,
                ":is_archived": layer.isArchived, ":updated_at": layer.updatedAt, ":version": layer.version,
            ])
    }

    func nextNumber(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT coalesce(max(number), 0) + 1 FROM layers") { $0.int64(0) } ?? 1
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredLayer? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, hash_version, seed, hash_attribute, is_archived, created_at,
                updated_at, version
            FROM layers WHERE id = :id
            """, [":id": id], Self.stored)
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredLayer? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, hash_version, seed, hash_attribute, is_archived, created_at,
                updated_at, version
            FROM layers WHERE key = :key
            """, [":key": key], Self.stored)
    }

    func list(
        after number: Int64, isArchived: Bool, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredLayer] {
        try transaction.all(
            """
            SELECT number, id, key, name, description, hash_version, seed, hash_attribute, is_archived, created_at,
                updated_at, version
            FROM layers WHERE number > :number AND is_archived = :archived ORDER BY number LIMIT :limit
            """, [":number": number, ":archived": isArchived, ":limit": limit], Self.stored)
    }

    private static func stored(_ row: Statement) -> StoredLayer {
        StoredLayer(
            number: row.int64(0), id: row.uuid(1), key: row.text(2), name: row.text(3), description: row.textOrNil(4),
            hashVersion: row.int(5), seed: row.text(6), hashAttribute: row.text(7), isArchived: row.bool(8),
            createdAt: row.timestamp(9), updatedAt: row.timestamp(10), version: row.int(11))
    }

    // MARK: Slots

    /// The parts of a layer that experiments have, in the order of these.
    func slots(
        of layer: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(experiment: String, buckets: BucketSet)] {
        let rows = try transaction.all(
            """
            SELECT experiments.key, layer_ranges.lower, layer_ranges.upper
            FROM layer_ranges JOIN experiments ON experiments.number = layer_ranges.experiment
            WHERE layer = :layer ORDER BY experiments.number, lower
            """, [":layer": layer]
        ) { ($0.text(0), $0.int(1), $0.int(2)) }
        var slots: [(experiment: String, ranges: [BucketRange])] = []
        for (experiment, lower, upper) in rows {
            let range = try Self.range(lower, upper)
            if slots.last?.experiment == experiment {
                slots[slots.count - 1].ranges.append(range)
            } else {
                slots.append((experiment, [range]))
            }
        }
        return slots.map { ($0.experiment, BucketSet($0.ranges)) }
    }

    /// The part of a layer that an experiment has; nil: none.
    func slot(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSlot? {
        let rows = try transaction.all(
            """
            SELECT layers.number, layers.key, lower, upper
            FROM layer_ranges JOIN layers ON layers.number = layer_ranges.layer WHERE experiment = :experiment
            """, [":experiment": experiment]
        ) { ($0.int64(0), $0.text(1), $0.int(2), $0.int(3)) }
        guard let first = rows.first else { return nil }
        var ranges: [BucketRange] = []
        for row in rows { ranges.append(try Self.range(row.2, row.3)) }
        return StoredSlot(layer: first.0, layerKey: first.1, buckets: BucketSet(ranges))
    }

    /// Makes these buckets of a layer an experiment's, in place of those that it had.
    func place(
        _ slot: StoredSlot?, of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM layer_ranges WHERE experiment = :experiment", [":experiment": experiment])
        guard let slot else { return }
        for range in slot.buckets.ranges {
            try transaction.run(
                "INSERT INTO layer_ranges (layer, lower, upper, experiment) VALUES (:layer, :lower, :upper, :experiment)",
                [":layer": slot.layer, ":lower": range.lower, ":upper": range.upper, ":experiment": experiment])
        }
    }

    private static func range(_ lower: Int, _ upper: Int) throws(RPCError) -> BucketRange {
        do {
            return try BucketRange(lower, upper)
        } catch {
            throw .internalError("A layer has a range that is none: \(error)")
        }
    }
}
