import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// What one transaction changes in the sums of experiments: gathered here, and written once at its end.
///
/// All that happens to a unit is one thing: its trajectory changes, and with it the sums of the days. So the order in
/// which events and exposures come does not matter, and what is taken back leaves nothing.
struct MetricBook: ~Copyable {
    private let events = EventStore()
    private let sums = SumStore()
    private let hours = HourStore()
    private let exposures = ExposureStore()
    private let segments = SegmentStore()
    /// What is known of whom and what events name.
    var known = IntakeKnowledge()
    private var measured: [Int64: MeasuredExperiment] = [:]
    private var days: [DayPlace: (definition: MetricDefinition, change: MetricSums)] = [:]
    private var tallies: [HourStore.Place: EventTally] = [:]
    /// Hours that lost an event, and of which metric.
    private var narrowed: [HourStore.Place: MeasuredMetric] = [:]

    private struct DayPlace: Hashable {
        let series: SumStore.Series
        let day: Int
    }

    private mutating func experiment(
        _ number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> MeasuredExperiment {
        if let known = measured[number] { return known }
        let read = try MeasuredExperiment(number, in: transaction)
        measured[number] = read
        return read
    }

    /// A metric of an experiment, as this transaction knows it.
    mutating func metric(
        _ number: Int64, of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> MeasuredMetric? {
        try self.experiment(experiment, in: transaction).metrics.first { $0.number == number }
    }

    // MARK: Events

    /// Counts an event that a unit has, or takes it back.
    ///
    /// - Parameters:
    ///   - entries: those of the unit.
    ///   - isTakenBack: whether it counted until now, and does no more.
    mutating func count(
        _ event: CountedEvent, of unit: Int64, _ entries: [Entry], isTakenBack: Bool = false,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for entry in entries {
            let experiment = try experiment(entry.experiment, in: transaction)
            var kept: [(metric: Int64, trajectory: UnitTrajectory)]?
            let own = try series(of: unit, entry, experiment, in: transaction)
            for metric in experiment.metrics where metric.isFilled(unit) {
                // What counted is taken back, wherever the end is by now.
                guard let counted = metric.event(event), isTakenBack || experiment.counts(counted, for: metric)
                else { continue }
                if kept == nil { kept = try sums.trajectories(of: unit, in: entry.experiment, transaction) }
                let old = try Self.trajectory(metric, kept ?? [], entry)
                var new = old
                if isTakenBack {
                    new.remove(counted, for: metric.definition)
                } else {
                    new.add(counted, for: metric.definition)
                }
                guard new != old else { continue }
                try keep(new, of: unit, entry, metric, in: transaction)
                add(metric.definition.changes(from: old, to: new), entry, own, metric)
                count(event, entry, metric, times: isTakenBack ? -1 : 1)
            }
        }
    }

    /// What a unit did for a metric, of what is kept of it.
    private static func trajectory(
        _ metric: MeasuredMetric, _ kept: [(metric: Int64, trajectory: UnitTrajectory)], _ entry: Entry
    ) throws(RPCError) -> UnitTrajectory {
        if let known = kept.first(where: { $0.metric == metric.number }) { return known.trajectory }
        return try empty(entry)
    }

    /// Who did nothing needs no row.
    private func keep(
        _ trajectory: UnitTrajectory, of unit: Int64, _ entry: Entry, _ metric: MeasuredMetric,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let isEmpty = try trajectory == Self.empty(entry)
        try sums.set(isEmpty ? nil : trajectory, of: unit, in: entry.experiment, metric: metric.number, transaction)
    }

    private static func empty(_ entry: Entry) throws(RPCError) -> UnitTrajectory {
        guard let empty = UnitTrajectory(exposure: entry.exposedAt.microseconds) else {
            throw .internalError("A unit was exposed at a time that nothing is reckoned for.")
        }
        return empty
    }

    // MARK: Units

    /// Reckons a unit as it entered an experiment, from all events it has, or takes all of it back.
    mutating func enter(
        _ entry: Entry, _ unit: Int64, isTakenBack: Bool = false, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for metric in try experiment(entry.experiment, in: transaction).metrics where metric.isFilled(unit) {
            try enter(entry, unit, metric, isTakenBack: isTakenBack, in: transaction)
        }
    }

    /// The same for one metric.
    mutating func enter(
        _ entry: Entry, _ unit: Int64, _ metric: MeasuredMetric, isTakenBack: Bool = false,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let experiment = try experiment(entry.experiment, in: transaction)
        let own = try series(of: unit, entry, experiment, in: transaction)
        var trajectory = try Self.empty(entry)
        for type in metric.events.sorted() {
            for event in try events.events(of: unit, type: type, in: transaction) {
                guard let counted = metric.event(event), experiment.counts(counted, for: metric) else { continue }
                let before = trajectory
                trajectory.add(counted, for: metric.definition)
                if trajectory != before { count(event, entry, metric, times: isTakenBack ? -1 : 1) }
            }
        }
        if isTakenBack {
            // What is kept is what was counted.
            let all = try sums.trajectories(of: unit, in: entry.experiment, transaction)
            let kept = try Self.trajectory(metric, all, entry)
            add(metric.definition.changes(from: kept, to: nil), entry, own, metric)
            try sums.set(nil, of: unit, in: entry.experiment, metric: metric.number, transaction)
        } else {
            add(metric.definition.changes(from: nil, to: trajectory), entry, own, metric)
            try keep(trajectory, of: unit, entry, metric, in: transaction)
        }
    }

    // MARK: Gathering and writing

    /// The segments of whose sums a unit is a part: all units, and those that its exposure named.
    private func series(
        of unit: Int64, _ entry: Entry, _ experiment: MeasuredExperiment, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [Int64] {
        let all = [SumStore.Series.allUnits]
        return experiment.hasSegments
            ? all + (try segments.segments(of: unit, in: entry.experiment, transaction)) : all
    }

    private mutating func add(_ changes: [DayChange], _ entry: Entry, _ segments: [Int64], _ metric: MeasuredMetric) {
        for segment in segments {
            let series = SumStore.Series(
                experiment: entry.experiment, metric: metric.number, segment: segment, phase: entry.phase,
                variant: entry.variant)
            for change in changes {
                let place = DayPlace(series: series, day: change.day)
                days[place, default: (metric.definition, metric.definition.noSums)].change.merge(change.change)
            }
        }
    }

    /// Counts a single event with a value, of those behind the exposure.
    private mutating func count(_ event: CountedEvent, _ entry: Entry, _ metric: MeasuredMetric, times: Int) {
        guard event.occurredAt >= entry.exposedAt, let value = metric.value(event) else { return }
        let place = HourStore.Place(
            experiment: entry.experiment, metric: metric.number, variant: entry.variant, hour: event.occurredAt.hour)
        tallies[place, default: EventTally()].add(value, times: times)
        if times < 0 { narrowed[place] = metric }
    }

    /// Writes all that was gathered.
    consuming func write(in transaction: borrowing WriteTransaction) throws(RPCError) {
        for (place, (definition, change)) in days where !change.isZero {
            try sums.merge(change, into: place.series, day: place.day, of: definition, in: transaction)
        }
        for (place, tally) in tallies { try hours.merge(tally, into: place, in: transaction) }
        for (place, metric) in narrowed { try narrow(place, metric, in: transaction) }
    }

    /// Reckons the extremes of an hour that lost an event anew.
    private func narrow(
        _ place: HourStore.Place, _ metric: MeasuredMetric, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        // Who takes something back has counted in this experiment.
        guard let experiment = measured[place.experiment] else { return }
        var values: [Double] = []
        try events.each(
            metric.info.event, inHour: place.hour, of: place.experiment, variant: place.variant, in: transaction
        ) { event, unit, exposedAt in
            let time = event.occurredAt.microseconds
            guard metric.isFilled(unit), metric.definition.counts(at: time, exposure: exposedAt.microseconds),
                experiment.counts(time, for: metric), let value = metric.value(event)
            else { return }
            values.append(value)
        }
        try hours.narrow(place, to: values, in: transaction)
    }
}
