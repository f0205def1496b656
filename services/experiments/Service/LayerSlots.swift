import Assignment
import ExperimentsAPI
import JSONRPC
import ServiceContract

/// Finds the part of a layer that an experiment asks for.
struct LayerSlots {
    private let layers = LayerStore()

    /// - Parameters:
    ///   - experiment: the experiment's key.
    ///   - before: what it has; in the same layer as much of it stays as can.
    /// - Throws: invalidParams at what cannot be; conflict where the layer has no room.
    func find(
        _ wanted: WantedSlot, of experiment: String, before: StoredSlot?,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSlot {
        guard let layer = try layers.find(key: wanted.layer, in: transaction), !layer.isArchived else {
            throw .invalidParams(at: "/params/slot/layer", "names no layer that is in use; layers.list has them")
        }
        let others = try layers.slots(of: layer.number, in: transaction).filter { $0.experiment != experiment }
        let free = BucketSet(others.flatMap(\.buckets.ranges)).complement
        let step = HashVersion(rawValue: layer.hashVersion)?.step ?? 1
        let buckets: BucketSet
        switch (wanted.share, wanted.ranges) {
        case (let share?, nil):
            guard share % step == 0 else {
                throw .invalidParams(
                    at: "/params/slot/share", "must be a multiple of \(step): the layer has hash version 1")
            }
            let own = before?.layer == layer.number ? before?.buckets ?? BucketSet() : BucketSet()
            guard let found = BucketSet.finding(share, keeping: own, in: free.subtracting(own)) else {
                throw .conflict(
                    "The layer \(layer.key) has \(free.count) ten-thousandths for \(experiment), and it wants \(share); "
                        + "archive what is completed, or take a smaller share.")
            }
            buckets = found
        case (nil, let ranges?):
            buckets = try Self.buckets(ranges, step: step)
            for other in others where !other.buckets.intersection(buckets).isEmpty {
                throw .conflict(
                    "\(other.experiment) has the buckets \(other.buckets.intersection(buckets)) of the layer \(layer.key); "
                        + "free for \(experiment) are \(free).")
            }
        default: throw .invalidParams(at: "/params/slot", "needs either a share or ranges")
        }
        return StoredSlot(layer: layer.number, layerKey: layer.key, buckets: buckets)
    }

    private static func buckets(_ ranges: [PhaseRange], step: Int) throws(RPCError) -> BucketSet {
        var found: [BucketRange] = []
        for (index, range) in ranges.enumerated() {
            let place = "/params/slot/ranges/\(index)"
            guard range.lower < range.upper else {
                throw .invalidParams(at: place, "must have a lower bound below the upper one")
            }
            guard range.lower % step == 0, range.upper % step == 0 else {
                throw .invalidParams(
                    at: place, "must have bounds that are multiples of \(step): the layer has hash version 1")
            }
            do {
                found.append(try BucketRange(range.lower, range.upper))
            } catch {
                throw .invalidParams(at: place, error.message)
            }
        }
        return BucketSet(found)
    }
}
