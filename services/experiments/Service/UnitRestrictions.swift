import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Whose data may be kept and not used, as signals and privacy requests say.
struct UnitRestrictions: Sendable {
    let tombstones: Tombstones
    private let restrictions = UnitRestrictionStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
    }

    /// Most brands have restricted nobody: then there is no need to ask about any unit.
    func isEmpty(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try restrictions.isEmpty(in: transaction)
    }

    func contains(
        _ unit: String, identifierType: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        let identifier = Identifier(type: identifierType, value: unit)
        for spelled in Set([identifier, (try? identifier.canonical()) ?? identifier])
        where try restrictions.contains(tombstones.digest(spelled.type, spelled.value), in: transaction) {
            return true
        }
        return false
    }

    /// Keeps what signals says.
    func change(
        _ message: UseStopped, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        // An opt-out is of sale and sharing, which experiments do not.
        guard message.kind != .optOut else { return }
        let kind = message.kind.rawValue
        for text in message.digests {
            guard let digest = Tombstones.digest(text) else { continue }
            if message.isStopped {
                try restrictions.place(kind, on: digest, request: message.requestId, at: now, in: transaction)
            } else {
                try restrictions.lift(kind, from: digest, in: transaction)
            }
        }
        if !message.isStopped, let request = message.requestId {
            try restrictions.lift(kind, of: request, in: transaction)
        }
    }
}
