import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Sees to it that the events which metrics count come from signals.
///
/// Signals is told their names, and says when some have arrived, not what they say: that is asked of it, so nothing of
/// people waits in an outbox, and however long this service was down, it goes on where it was.
struct SignalFollowing: Sendable {
    private let followed = FollowedEventStore()
    private let jobs = JobStore()

    /// Follows what metrics need, and no more. What is new, a number of an event that is followed already among it, is
    /// fetched from the beginning.
    func follow(at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        let needed = try followed.needed(at: now, in: transaction)
        var asked: [FollowedEventStore.Followed: [String]] = [:]
        for known in try followed.all(in: transaction) { asked[known.followed] = known.fields }
        for event in asked.keys where !needed.contains(event) { try followed.leave(event, in: transaction) }
        var hasNew = false
        for event in needed {
            let fields = try followed.fields(of: event.event, in: transaction)
            if let before = asked[event], Set(fields).isSubset(of: before) { continue }
            try followed.follow(event, fields: fields, in: transaction)
            hasNew = true
        }
        if needed != Set(asked.keys) {
            let names = Set(needed.map(\.event)).sorted()
            try transaction.tell("signals", "signals.follow", FollowedSignals(events: names), at: now)
        }
        if hasNew { try begin(at: now, in: transaction) }
    }

    /// Other identifiers name the units of a type now: what is followed for them is fetched from the beginning.
    func fetchAnew(_ unitType: String, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        if try followed.beginAnew(unitType, in: transaction) { try begin(at: now, in: transaction) }
    }

    /// Some have arrived: one at this place in the order of arrival, and maybe others behind it.
    func arrived(through: Int, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try followed.want(through: Int64(through), in: transaction)
        if try !followed.all(in: transaction).isEmpty { try begin(at: now, in: transaction) }
    }

    private func begin(at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard try !followed.isFetching(SignalFetching.kind, in: transaction) else { return }
        _ = try jobs.begin(SignalFetching.kind, unit: "signals", at: now, in: transaction)
    }
}
