import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI
import Synchronization

/// Tells experiments that events which it counts have arrived: where they are, not what they say.
///
/// Which these are is read once for each brand. A change is forgotten here in the transaction that makes it, and brands
/// have one writer; should it be undone, experiments is told of a place where there is nothing for it.
final class EventFollowers: Sendable {
    static let topic = "signals.arrived"

    private let known = Mutex<[String: Set<String>]>([:])
    private let store = FollowedEventStore()
    private let signals = SignalStore()

    func follow(_ events: [String], in transaction: borrowing WriteTransaction) throws(RPCError) {
        try store.replace(events, in: transaction)
        known.withLock { $0[transaction.connection.path] = nil }
    }

    /// An event is new. It is enough to say so once in a transaction.
    func notice(_ event: String, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard try followed(in: transaction).contains(event),
            transaction.effects.toldTopics.insert(Self.topic).inserted
        else { return }
        // Of two that wait the later says all.
        _ = try transaction.makeRoom(for: "experiments", Self.topic, limit: 2)
        let last = try signals.lastSequence(in: transaction)
        try transaction.tell("experiments", Self.topic, SignalsArrived(through: Int(last)), at: now)
    }

    private func followed(in transaction: borrowing WriteTransaction) throws(RPCError) -> Set<String> {
        let path = transaction.connection.path
        if let events = known.withLock({ $0[path] }) { return events }
        let read = try store.all(in: transaction)
        known.withLock { $0[path] = read }
        return read
    }
}
