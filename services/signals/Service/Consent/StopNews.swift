import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// What experiments is told, which knows people by identifiers of its own: whose data may be kept and not used.
struct StopNews: Sendable {
    let tombstones: Tombstones
    private let restrictions = RestrictionStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
    }

    func tell(
        _ kind: RestrictionKind, isStopped: Bool, for identifiers: [Identifier], request: UUIDv7? = nil,
        at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let message = UseStopped(
            kind: UseStopped.Kind(rawValue: kind.rawValue) ?? .restriction, isStopped: isStopped,
            digests: identifiers.map(tombstones.digestText), requestId: request)
        try transaction.tell("experiments", "restrictions.changed", message, at: now)
    }

    /// What is stopped for a person is stopped for identifiers that are learned of them later, and no longer for one
    /// that turned out not to be theirs.
    func tell(
        learned: [Identifier], wrong: [Identifier] = [], of actor: Int64, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for stop in try restrictions.all(of: actor, in: transaction) where stop.kind != .optOut {
            try tell(stop.kind, isStopped: true, for: learned, request: stop.request, at: now, in: transaction)
            if !wrong.isEmpty { try tell(stop.kind, isStopped: false, for: wrong, at: now, in: transaction) }
        }
    }
}
