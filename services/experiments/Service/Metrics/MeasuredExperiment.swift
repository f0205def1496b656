import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// A metric of an experiment, with what an event brings to it.
struct MeasuredMetric: Sendable {
    let number: Int64
    let info: MetricInfo
    let definition: MetricDefinition
    /// The units whose past is reckoned, by number; nil: all.
    let filledThrough: Int64?

    /// The types of events that count.
    var events: Set<String> { Set([info.event] + (info.denominatorEvent.map { [$0] } ?? [])) }

    /// What an event brings as a value of its own; nil for one that only stands below the line of a ratio.
    func value(_ event: CountedEvent) -> Double? { event.type == info.event ? self.event(event)?.value : nil }

    func isFilled(_ unit: Int64) -> Bool { filledThrough.map { unit <= $0 } ?? true }

    /// What an event brings; nil for one that does not count: of another type or source, or without its number.
    func event(_ event: CountedEvent) -> MetricEvent? {
        guard event.source == info.source, let (value, denominator) = numbers(event) else { return nil }
        return MetricEvent(time: event.occurredAt.microseconds, value: value, denominator: denominator)
    }

    private func numbers(_ event: CountedEvent) -> (value: Double, denominator: Double)? {
        if let other = info.denominatorEvent, other != info.event {
            // Two kinds of events: one brings what is above the line, the other what is below.
            if event.type == info.event { return event.number(info.valueField).map { ($0, 0) } }
            return event.type == other ? event.number(info.denominatorField).map { (0, $0) } : nil
        }
        guard event.type == info.event, let value = event.number(info.valueField) else { return nil }
        guard info.kind == .ratio else { return (value, 1) }
        return event.number(info.denominatorField).map { (value, $0) }
    }
}

extension CountedEvent {
    /// One of its numbers; 1 without a name, nil when it has none of this name.
    func number(_ field: String?) -> Double? {
        guard let field else { return 1 }
        return numbers[field]
    }
}

/// What is measured in one experiment, and until when.
struct MeasuredExperiment: Sendable {
    let metrics: [MeasuredMetric]
    /// Events behind it count only as far as the window of a metric reaches.
    let endsAt: Timestamp?
    /// Whether units are told apart.
    let hasSegments: Bool

    init(_ number: Int64, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        let store = MetricStore()
        let plan = try ResultPlanStore().find(number, in: transaction)
        var metrics: [MeasuredMetric] = []
        let filled = try ResultPlanStore().filled(of: number, in: transaction)
        for ((metric, through), planned) in zip(filled, plan?.metrics ?? []) {
            let info = try store.find(number: metric, in: transaction).info
            do throws(MetricProblem) {
                metrics.append(
                    MeasuredMetric(
                        number: metric, info: info, definition: try info.definition(planned), filledThrough: through))
            } catch {
                throw .internalError("The stored metric \(info.key) cannot be: \(error)")
            }
        }
        self.metrics = metrics
        hasSegments = plan?.dimensions != nil
        endsAt = try ExperimentStore().end(of: number, in: transaction)
    }

    /// Whether an event came before it was too late for a metric.
    func counts(_ event: MetricEvent, for metric: MeasuredMetric) -> Bool { counts(event.time, for: metric) }

    /// The same by its time, in microseconds.
    func counts(_ time: Int64, for metric: MeasuredMetric) -> Bool {
        guard let endsAt else { return true }
        return time < endsAt.microseconds + Int64(metric.definition.windowSeconds ?? 0) * 1_000_000
    }
}
