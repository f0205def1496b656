import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Takes in what units did: each event once.
struct EventIntake: Sendable {
    let exposures: ExposureIntake
    private let events = EventStore()
    private let experiments = ExperimentStore()

    init(exposures: ExposureIntake) {
        self.exposures = exposures
    }

    /// Takes one event, and the exposures that it tells of. Whatever is wrong with it shows before anything is changed.
    ///
    /// - Returns: whether it is new.
    func take(
        _ item: EventItem, at now: Timestamp, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let time = item.at ?? now
        guard time <= now.advanced(bySeconds: ExposureIntake.aheadSeconds) else {
            throw .invalidParams(at: "/at", "must be at most \(ExposureIntake.aheadSeconds / 60) minutes ahead of now")
        }
        try check(item.metrics)
        var met: [(experiment: Int64, phase: Int, variant: Int64)] = []
        for (index, variant) in item.experiments.enumerated() {
            let place = "/experiments/\(index)"
            guard let experiment = try experiments.find(key: variant.experiment, in: transaction) else {
                throw .notFound("experiment", variant.experiment)
            }
            guard experiment.unitType == item.unitType else {
                throw .invalidParams(at: "/unitType", "must be \(experiment.unitType), as in \(experiment.key)")
            }
            guard !met.contains(where: { $0.experiment == experiment.number }) else {
                throw .invalidParams(at: place, "names an experiment that is named before")
            }
            let (phase, number) = try exposures.place(
                experiment, variant: variant.variant, at: time, now: now, in: transaction)
            met.append((experiment.number, phase, number))
        }
        let unit = try exposures.unit(item.unit, type: item.unitType, at: now, in: transaction)
        return try take(
            NewEvent(
                unit: unit, messageID: item.messageId, type: item.type, source: .client, occurredAt: time,
                context: item.context, metrics: item.metrics, payload: item.payload),
            met, at: now, &book, in: transaction)
    }

    /// Takes an event of a unit that is known.
    ///
    /// - Parameter met: the variants in which it happened.
    func take(
        _ event: NewEvent, _ met: [(experiment: Int64, phase: Int, variant: Int64)] = [], at now: Timestamp,
        _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        if let name = event.messageID,
            let known = try events.find(name, of: event.unit, from: event.source, in: transaction)
        {
            if event.source == .signals { try amend(known, by: event, &book, in: transaction) }
            return false
        }
        // Who enters is reckoned with the events before this one, and then this one counts.
        for (experiment, phase, variant) in met {
            let exposure = ExposureStore.Exposure(
                experiment: experiment, phase: phase, unit: event.unit, variant: variant, exposedAt: event.occurredAt)
            _ = try exposures.take(exposure, at: now, &book, in: transaction)
        }
        let number = try events.insert(event, id: transaction.newID(at: now), at: now, in: transaction)
        for (experiment, _, variant) in met {
            try events.insert(variant: variant, of: experiment, event: number, in: transaction)
        }
        try book.count(
            CountedEvent(
                type: event.type, source: event.source, occurredAt: event.occurredAt, metrics: event.metrics),
            of: event.unit, in: transaction)
        return true
    }

    /// More numbers of an event of signals are asked for than when it came: now they count.
    private func amend(
        _ known: EventStore.Known, by event: NewEvent, _ book: inout MetricBook,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard !known.isRetracted, known.event.metrics?.bytes != event.metrics?.bytes else { return }
        try book.count(known.event, of: event.unit, isTakenBack: true, in: transaction)
        try events.set(event.metrics, of: known.number, in: transaction)
        try book.count(
            CountedEvent(
                type: known.event.type, source: known.event.source, occurredAt: known.event.occurredAt,
                metrics: event.metrics),
            of: event.unit, in: transaction)
    }

    private func check(_ metrics: JSONRaw?) throws(RPCError) {
        guard let metrics, let value = try? JSONValue(parsing: metrics.bytes) else { return }
        guard case .object(let members) = value else {
            throw .invalidParams(at: "/metrics", "must be an object of numbers")
        }
        for member in members {
            let place = "/metrics/\(JSONPointer.escape(member.name))"
            guard case .number(let number) = member.value, let value = number.double, value.isFinite else {
                throw .invalidParams(at: place, "must be a finite number")
            }
            guard abs(value) <= MetricEvent.largestValue else {
                throw .invalidParams(at: place, "must be from -1e60 to 1e60")
            }
        }
    }
}
