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
        Receipt(try take(try Fact(params), for: call, in: transaction))
    }

    func identify(
        _ params: Signals.Identify.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Identify.Reply {
        Receipt(try take(try Fact(params), for: call, in: transaction))
    }

    /// Takes a fact in. What the person's browser says of sale and sharing holds from here on.
    func take(
        _ fact: Fact, for call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SignalIntake.Outcome {
        let outcome = try intake.take(fact, at: call.now, in: transaction)
        if call.globalPrivacyControl, let actor = outcome.actor {
            try RestrictionStore().place(
                .optOut, on: actor.number, .globalPrivacyControl, at: call.now, in: transaction)
        }
        return outcome
    }

    func list(
        _ params: Signals.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.List.Reply {
        let cursor = try ListCursor(params.cursor)
        guard let filter = try filter(params, ActorReach(of: call), in: transaction) else {
            return Signals.List.Reply(items: [])
        }
        let page = try page(after: cursor.position, filter, limit: params.limit, at: call.now, in: transaction)
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

    /// Signals in the order of arrival: at most `limit`, and fewer when they are large. What they state of specially
    /// protected fields is left out where nothing recorded allows it.
    func page(
        after sequence: Int64, _ filter: SignalFilter, limit: Int, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (items: [Signal], hasMore: Bool) {
        var page = ListPage<(signal: Signal, actor: Int64?)>(limit: limit)
        try signals.each(after: sequence, filter, in: transaction) { signal, actor in
            page.add((signal, actor), bytes: signal.properties?.bytes.count ?? 0)
        }
        var special = try SpecialFieldFilter(at: now, in: transaction)
        var items: [Signal] = []
        for (signal, actor) in page.items {
            guard let properties = signal.properties else {
                items.append(signal)
                continue
            }
            let given =
                if signal.event == Fact.identifyEvent, let actor {
                    try special.split(properties, of: actor, in: transaction).given
                } else {
                    try special.given(properties, of: actor, in: transaction)
                }
            items.append(signal.stating(given))
        }
        return (items, page.hasMore)
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

    /// The same with other properties.
    fileprivate func stating(_ properties: JSONRaw) -> Signal {
        Signal(
            sequence: sequence, messageId: messageId, event: event, actorId: actorId, timestamp: timestamp,
            receivedAt: receivedAt, revenue: revenue, currency: currency, properties: properties, source: source)
    }
}
