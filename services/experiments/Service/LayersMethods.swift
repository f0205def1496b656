import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `layers.*`.
struct LayersMethods: Layers.Service {
    /// Layers of a brand that are in use.
    static let maximum = 500

    private let layers = LayerStore()
    private let holdouts = HoldoutStore()
    private let config = AssignmentConfigStore()

    func create(
        _ params: Layers.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Layers.Create.Reply {
        guard try layers.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has a layer \(params.key) already; choose another key.")
        }
        guard try layers.list(after: 0, isArchived: false, limit: .max, in: transaction).count < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) layers; archive one.")
        }
        let layer = StoredLayer(
            number: try layers.nextNumber(in: transaction), id: transaction.newID(at: call.now), key: params.key,
            name: params.name, description: params.description, hashVersion: params.hashVersion,
            seed: params.seed ?? "layer:" + params.key, hashAttribute: params.hashAttribute, createdAt: call.now,
            updatedAt: call.now, version: 1)
        try layers.insert(layer, in: transaction)
        try config.change(in: transaction)
        return try reply(layer, in: transaction)
    }

    func get(
        _ params: Layers.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Layers.Get.Reply {
        switch (params.id, params.key) {
        case (let id?, nil):
            guard let found = try layers.find(id, in: transaction) else { throw .notFound("layer", id) }
            return try reply(found, in: transaction)
        case (nil, let key?):
            guard let found = try layers.find(key: key, in: transaction) else { throw .notFound("layer", key) }
            return try reply(found, in: transaction)
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
    }

    func list(
        _ params: Layers.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Layers.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Layer>(limit: params.limit)
        var last = cursor.position
        for layer in try layers.list(
            after: cursor.position, isArchived: params.isArchived, limit: params.limit + 1, in: transaction)
        {
            let reply = try reply(layer, in: transaction)
            let ranges = reply.slots.reduce(0) { $0 + $1.ranges.count }
            guard page.add(reply, bytes: reply.slots.count * 180 + ranges * 30) else { break }
            last = layer.number
        }
        return Layers.List.Reply(items: page.items, nextCursor: page.hasMore ? "\(last)" : nil)
    }

    func update(
        _ params: Layers.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Layers.Update.Reply {
        var layer = try find(params.id, version: params.version, in: transaction)
        layer.name = params.name ?? layer.name
        layer.description = params.description.applied(to: layer.description)
        return try save(layer, at: call.now, in: transaction)
    }

    func archive(
        _ params: Layers.Archive.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Layers.Archive.Reply {
        var layer = try find(params.id, version: params.version, in: transaction)
        let experiments = try layers.slots(of: layer.number, in: transaction).map(\.experiment)
        guard experiments.isEmpty else {
            throw .conflict(
                "The layer \(layer.key) has slots of \(experiments.joined(separator: ", ")): archive these, or take them out "
                    + "of it, first.")
        }
        let holdouts = try holdouts.using(layer: layer.number, at: call.now, in: transaction)
        guard holdouts.isEmpty else {
            throw .conflict(
                "The holdouts \(holdouts.joined(separator: ", ")) withhold from the layer \(layer.key): end them first."
            )
        }
        layer.isArchived = true
        return try save(layer, at: call.now, in: transaction)
    }

    private func find(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredLayer {
        guard let found = try layers.find(id, in: transaction) else { throw .notFound("layer", id) }
        guard found.version == version else {
            throw .versionMismatch("layer", expected: Int64(version), actual: Int64(found.version))
        }
        guard !found.isArchived else {
            throw .illegalTransition("The layer \(found.key) is archived, and stays as it is.")
        }
        return found
    }

    private func save(
        _ changed: StoredLayer, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Layer {
        var layer = changed
        layer.version += 1
        layer.updatedAt = now
        try layers.update(layer, in: transaction)
        try config.change(in: transaction)
        return try reply(layer, in: transaction)
    }

    private func reply(
        _ layer: StoredLayer, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Layer {
        let slots = try layers.slots(of: layer.number, in: transaction)
        return Layer(
            id: layer.id, key: layer.key, name: layer.name, description: layer.description,
            hashVersion: layer.hashVersion, seed: layer.seed, hashAttribute: layer.hashAttribute,
            slots: slots.map {
                LayerSlot(experiment: $0.experiment, share: $0.buckets.count, ranges: $0.buckets.replies)
            },
            free: 10_000 - slots.reduce(0) { $0 + $1.buckets.count }, isArchived: layer.isArchived,
            createdAt: layer.createdAt, updatedAt: layer.updatedAt, version: layer.version)
    }
}
