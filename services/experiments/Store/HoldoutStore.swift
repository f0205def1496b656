import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// A holdout as a row, with the keys of what it withholds from.
struct StoredHoldout: Sendable {
    let number: Int64
    let id: UUIDv7
    let key: String
    var name: String
    var description: String?
    var share: Int
    let scope: HoldoutScope
    let unitType: String
    let hashVersion: Int
    let seed: String
    let hashAttribute: String
    var startAt: Timestamp
    var endAt: Timestamp?
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var version: Int
    var members: [String] = []
}

/// Units that are withheld from experiments.
struct HoldoutStore: Sendable {
    /// - Parameter members: the numbers of the layers or experiments.
    func insert(
        _ holdout: StoredHoldout, members: [Int64], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO holdouts
                (number, id, key, name, description, share, scope, unit_type, hash_version, seed, hash_attribute, start_at,
                end_at, created_at, updated_at, version)
            VALUES
                (:number, :id, :key, :name, :description, :share, :scope, :unit_type, :hash_version, :seed,
                :hash_attribute, :start_at, :end_at, :time, :time, :version)
            """,
            [
                ":number": holdout.number, ":id": holdout.id, ":key": holdout.key, ":name": holdout.name,
                ":description": holdout.description, ":share": holdout.share, ":scope": holdout.scope.rawValue,
                ":unit_type": holdout.unitType, ":hash_version": holdout.hashVersion, ":seed": holdout.seed,
                ":hash_attribute": holdout.hashAttribute,
                ":start_at": holdout.startAt, ":end_at": holdout.endAt, ":time": holdout.createdAt,
                ":version": holdout.version,
            ])
        for (place, member) in members.enumerated() {
            try transaction.run(
                """
                INSERT INTO holdout_members (holdout, place, layer, experiment) VALUES (:holdout, :place, :layer, :experiment)
                """,
                [
                    ":holdout": holdout.number, ":place": place, ":layer": holdout.scope == .layers ? member : nil,
                    ":experiment": holdout.scope == .experiments ? member : nil,
                ])
        }
    }

    /// Writes all that may change of a holdout.
    func update(_ holdout: StoredHoldout, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE holdouts SET name = :name, description = :description, share = :share, start_at = :start_at,
                end_at = :end_at, updated_at = :updated_at, version = :version
            WHERE number = :number
            """,
            [
                ":number": holdout.number, ":name": holdout.name, ":description": holdout.description,
                ":share": holdout.share, ":start_at": holdout.startAt, ":end_at": holdout.endAt,
                ":updated_at": holdout.updatedAt, ":version": holdout.version,
            ])
    }

    func nextNumber(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT coalesce(max(number), 0) + 1 FROM holdouts") { $0.int64(0) } ?? 1
    }

    func number(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one("SELECT number FROM holdouts WHERE id = :id", [":id": id]) { $0.int64(0) }
    }

    func number(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one("SELECT number FROM holdouts WHERE key = :key", [":key": key]) { $0.int64(0) }
    }

    /// Holdouts behind one, in the order in which they were created.
    ///
    /// - Parameter unendedAt: only those that have not ended then; nil: all.
    func list(
        after number: Int64, unendedAt time: Timestamp? = nil, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredHoldout] {
        var holdouts = try transaction.all(
            """
            SELECT number, id, key, name, description, share, scope, hash_version, seed, hash_attribute, start_at, end_at,
                created_at, updated_at, version, unit_type
            FROM holdouts
            WHERE number > :number AND (:time IS NULL OR end_at IS NULL OR end_at > :time)
            ORDER BY number LIMIT :limit
            """, [":number": number, ":time": time, ":limit": limit], Self.stored)
        for index in holdouts.indices {
            holdouts[index].members = try members(of: holdouts[index].number, in: transaction)
        }
        return holdouts
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredHoldout? {
        try list(after: number - 1, limit: 1, in: transaction).first { $0.number == number }
    }

    /// The keys of holdouts that have not ended and withhold from a layer by name.
    func using(
        layer: Int64, at time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT holdouts.key FROM holdout_members JOIN holdouts ON holdouts.number = holdout_members.holdout
            WHERE layer = :layer AND (end_at IS NULL OR end_at > :time) ORDER BY holdouts.number
            """, [":layer": layer, ":time": time]
        ) { $0.text(0) }
    }

    private func members(
        of holdout: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT coalesce(layers.key, experiments.key)
            FROM holdout_members
                LEFT JOIN layers ON layers.number = holdout_members.layer
                LEFT JOIN experiments ON experiments.number = holdout_members.experiment
            WHERE holdout_members.holdout = :holdout ORDER BY place
            """, [":holdout": holdout]
        ) { $0.text(0) }
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredHoldout {
        guard let scope = HoldoutScope(rawValue: row.text(6)) else {
            throw .internalError("A holdout has the unknown scope '\(row.text(6))'.")
        }
        return StoredHoldout(
            number: row.int64(0), id: row.uuid(1), key: row.text(2), name: row.text(3), description: row.textOrNil(4),
            share: row.int(5), scope: scope, unitType: row.text(15), hashVersion: row.int(7), seed: row.text(8),
            hashAttribute: row.text(9),
            startAt: row.timestamp(10), endAt: row.timestampOrNil(11), createdAt: row.timestamp(12),
            updatedAt: row.timestamp(13), version: row.int(14))
    }
}
