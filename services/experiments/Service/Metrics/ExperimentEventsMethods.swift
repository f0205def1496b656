import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `experimentEvents.*`.
struct ExperimentEventsMethods: ExperimentEvents.Service {
    let intake: EventIntake
    private let events = EventStore()
    private let entered = ExposureStore()
    private let experiments = ExperimentStore()
    private let units = UnitStore()

    init(intake: EventIntake) {
        self.intake = intake
    }

    func record(
        _ params: ExperimentEvents.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentEvents.Record.Reply {
        var book = MetricBook()
        var verdicts: [ItemVerdict] = []
        for (index, item) in params.items.enumerated() {
            do throws(RPCError) {
                let isNew = try intake.take(item, at: call.now, &book, in: transaction)
                verdicts.append(ItemVerdict(index: index, status: isNew ? .accepted : .duplicate))
            } catch {
                verdicts.append(try ItemVerdict(index, rejectedFor: error))
            }
        }
        try book.write(in: transaction)
        return ExperimentEvents.Record.Reply(verdicts: verdicts)
    }

    func list(
        _ params: ExperimentEvents.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentEvents.List.Reply {
        let start = try params.cursor.map { text throws(RPCError) in try EventPlace(cursor: text) }
        var filter = EventStore.Filter(type: params.type, from: params.from, to: params.to)
        if let key = params.experiment {
            guard let experiment = try experiments.find(key: key, in: transaction) else {
                throw .notFound("experiment", key)
            }
            filter.experiment = experiment.number
        }
        switch (params.unitType, params.unit) {
        case (nil, nil): break
        case (let type?, let unit?):
            guard let number = try units.number(of: unit, type: type, in: transaction) else {
                return ExperimentEvents.List.Reply(items: [])
            }
            filter.unit = number
        default: throw .invalidParams(at: "/params", "needs both unitType and unit, or neither")
        }
        var page = ListPage<StoredEvent>(limit: params.limit)
        var end = start
        for number in try events.numbers(filter, after: start, limit: params.limit + 1, in: transaction) {
            guard let event = try events.find(number: number, in: transaction), page.add(event, bytes: event.bytes)
            else { break }
            end = EventPlace(occurredAt: event.at, number: number)
        }
        return ExperimentEvents.List.Reply(items: page.items, nextCursor: page.hasMore ? end?.cursor : nil)
    }

    func retract(
        _ params: ExperimentEvents.Retract.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentEvents.Retract.Reply {
        var book = MetricBook()
        var retracted = 0
        for id in params.ids {
            guard let (unit, event) = try events.retract(id, at: call.now, in: transaction) else { continue }
            let entries = try entered.entries(of: unit, in: transaction)
            try book.count(event, of: unit, entries, isTakenBack: true, in: transaction)
            retracted += 1
        }
        try book.write(in: transaction)
        return ExperimentEvents.Retract.Reply(retracted: retracted)
    }
}

extension StoredEvent {
    /// What of it may be large.
    fileprivate var bytes: Int {
        [context, metrics, payload].reduce(0) { $0 + ($1?.bytes.count ?? 0) }
    }
}
