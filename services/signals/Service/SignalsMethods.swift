import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `signals.*`.
struct SignalsMethods: Signals.Service {
    let intake: SignalIntake
    /// Where `signals.tail` reads.
    let runtime: ServiceRuntime
    private let signals = SignalStore()
    private let actors = ActorStore()

    func track(
        _ params: Signals.Track.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Track.Reply {
        Receipt(try intake.take(try Fact(params), at: call.now, in: transaction))
    }

    func identify(
        _ params: Signals.Identify.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Identify.Reply {
        Receipt(try intake.take(try Fact(params), at: call.now, in: transaction))
    }

    func list(
        _ params: Signals.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.List.Reply {
        let cursor = try ListCursor(params.cursor)
        guard let filter = try filter(params, ActorReach(of: call), in: transaction) else {
            return Signals.List.Reply(items: [])
        }
        let page = try page(after: cursor.position, filter, limit: params.limit, in: transaction)
        return Signals.List.Reply(items: page.items, nextCursor: page.hasMore ? page.items.last?.cursor : nil)
    }

    /// Nil when the filter names an actor that is not here: nothing can pass it.
    private func filter(
        _ params: Signals.List.Params, _ reach: ActorReach, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> SignalFilter? {
        var filter = SignalFilter(reach: reach, event: params.event, from: params.from, to: params.to)
        if let id = params.actorId {
            guard let actor = try actors.find(id, in: transaction) else { return nil }
            filter.actor = actor.number
        }
        return filter
    }

    func arrivals(
        _ params: Signals.Arrivals.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Arrivals.Reply {
        let minute = TimeStretch.minute.start(of: call.now)
        let start = Timestamp(microseconds: minute.microseconds - Int64(params.minutes - 1) * 60_000_000)
        let series = try ArrivalCounts(reach: ActorReach(of: call)).perMinute(
            from: start, limit: params.minutes, in: transaction)
        return Signals.Arrivals.Reply(series: series.map { Stretch(from: $0.start, signals: $0.signals) })
    }

    /// Signals in the order of arrival: at most `limit`, and fewer when they are large.
    func page(
        after sequence: Int64, _ filter: SignalFilter, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (items: [Signal], hasMore: Bool) {
        var page = Page<Signal>(limit: limit)
        try signals.each(after: sequence, filter, in: transaction) { signal in
            page.add(signal, bytes: signal.properties?.bytes.count ?? 0)
        }
        return (page.items, page.hasMore)
    }
}

extension Receipt {
    init(_ outcome: SignalIntake.Outcome) {
        self.init(
            messageId: outcome.messageID.text, actorId: outcome.actor?.id,
            status: outcome.isNew ? .accepted : .duplicate)
    }
}

extension Signal {
    fileprivate var cursor: String { "\(sequence)" }
}
