import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Takes in what units did: each event once.
struct EventIntake: Sendable {
    let exposures: ExposureIntake
    private let events = EventStore()
    private let entered = ExposureStore()

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
        let numbers = try EventNumbers(checking: item.metrics)
        var places: [(experiment: Int64, phase: Int, variant: Int64, segments: UnitSegments)] = []
        for (index, met) in item.experiments.enumerated() {
            let experiment = try book.known.experiment(met.experiment, in: transaction)
            guard experiment.stored.unitType == item.unitType else {
                throw .invalidParams(
                    at: "/unitType", "must be \(experiment.stored.unitType), as in \(experiment.stored.key)")
            }
            let number = experiment.stored.number
            guard !places.contains(where: { $0.experiment == number }) else {
                throw .invalidParams(at: "/experiments/\(index)", "names an experiment that is named before")
            }
            let (phase, variant) = try experiment.place(variant: met.variant, at: time, now: now)
            places.append((number, phase, variant, experiment.segments(item.context)))
        }
        let unit = try exposures.unit(item.unit, type: item.unitType, at: now, &book.known, in: transaction)
        return try take(
            NewEvent(
                unit: unit, messageID: item.messageId, type: item.type, source: .client, occurredAt: time,
                context: item.context, metrics: item.metrics, payload: item.payload, numbers: numbers),
            places.map { place in
                ExposureStore.Exposure(
                    experiment: place.experiment, phase: place.phase, unit: unit, variant: place.variant,
                    exposedAt: time, segments: place.segments)
            }, at: now, &book, in: transaction)
    }

    /// Takes an event of a unit that is known.
    ///
    /// - Parameter met: the variants in which it happened, each of another experiment.
    func take(
        _ event: NewEvent, _ met: [ExposureStore.Exposure] = [], at now: Timestamp, _ book: inout MetricBook,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        var entries = try entered.entries(of: event.unit, in: transaction)
        if !met.allSatisfy({ exposure in entries.contains { $0.covers(exposure) } }) {
            if try isKnown(event, &book, in: transaction) { return false }
            // Who enters is reckoned with the events before this one, and then this one counts.
            for exposure in met { _ = try exposures.take(exposure, at: now, &book, in: transaction) }
            entries = try entered.entries(of: event.unit, in: transaction)
        }
        guard let number = try events.insert(event, id: transaction.newID(at: now), at: now, in: transaction) else {
            _ = try isKnown(event, &book, in: transaction)
            return false
        }
        for exposure in met {
            try events.insert(
                variant: exposure.variant, of: exposure.experiment, event: number, occurredAt: event.occurredAt,
                in: transaction)
        }
        let counted = CountedEvent(
            type: event.type, source: event.source, occurredAt: event.occurredAt, numbers: event.numbers)
        try book.count(counted, of: event.unit, entries, in: transaction)
        return true
    }

    /// Whether a unit has an event of this name. One of signals may come with more numbers than before, for more are asked
    /// for: now they count.
    private func isKnown(
        _ event: NewEvent, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        guard let name = event.messageID,
            let known = try events.find(name, of: event.unit, from: event.source, in: transaction)
        else { return false }
        guard event.source == .signals, !known.isRetracted, known.metrics?.bytes != event.metrics?.bytes else {
            return true
        }
        let entries = try entered.entries(of: event.unit, in: transaction)
        try book.count(known.event, of: event.unit, entries, isTakenBack: true, in: transaction)
        try events.set(event.metrics, of: known.number, in: transaction)
        let amended = CountedEvent(
            type: known.event.type, source: known.event.source, occurredAt: known.event.occurredAt,
            numbers: event.numbers)
        try book.count(amended, of: event.unit, entries, in: transaction)
        return true
    }
}
