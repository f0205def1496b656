import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

/// All that is kept of an experiment for its analysis, as the kernel takes it: from sums, never from events.
struct StoredEvidence {
    /// The keys of all variants that any phase had: those that are in it first.
    let arms: [String]
    let control: Int
    /// Of each phase, the share of each arm.
    let weights: [[Double]]
    let units: [DailyUnits]
    /// The share of units that met more than one variant.
    let severalVariantsShare: Double
    let plan: AnalysisPlan
    let metrics: [Measured]
    /// Of the phases' variants, by their numbers, which arm they are.
    private let armOf: [Int64: Int]

    /// A metric with what changed on each day.
    struct Measured {
        let number: Int64
        let planned: PlannedMetric
        let info: MetricInfo
        let definition: MetricDefinition
        let days: [(day: Int, sums: PhasedSums)]

        /// All of it, or as of the end of a day.
        func sums(through day: Int?, phases: Int, arms: Int) -> PhasedSums {
            var sum = Array(repeating: Array(repeating: definition.noSums, count: arms), count: phases)
            for (changed, sums) in days where day.map({ changed <= $0 }) ?? true {
                for phase in sums.indices {
                    for arm in sums[phase].indices { sum[phase][arm].merge(sums[phase][arm]) }
                }
            }
            return sum
        }
    }

    /// - Parameter isWanted: the metrics that are read.
    /// - Throws: conflict for an experiment that was not started, or has no plan, or nothing to compare.
    init(
        of experiment: StoredExperiment, in transaction: borrowing some Transaction & ~Copyable,
        isWanted: (PlannedMetric) -> Bool = { _ in true }
    ) throws(RPCError) {
        guard experiment.phase > 0 else { throw .conflict("The experiment \(experiment.key) was not started.") }
        guard let plan = try ResultPlanStore().find(experiment.number, in: transaction) else {
            throw .conflict("The experiment \(experiment.key) has no plan: set what is measured with resultPlans.set.")
        }
        let phases = try PhaseStore().list(of: experiment.number, after: 0, limit: .max, in: transaction)
        var arms = experiment.variants.map(\.key)
        for arm in phases.flatMap(\.arms) where !arms.contains(arm.variant) { arms.append(arm.variant) }
        guard arms.count > 1, let control = experiment.variants.firstIndex(where: \.isControl) else {
            throw .conflict("The experiment \(experiment.key) has one variant, and nothing to compare it with.")
        }
        let places = Dictionary(uniqueKeysWithValues: arms.enumerated().map { ($1, $0) })
        self.arms = arms
        self.control = control
        weights = phases.map { phase in
            var shares = Array(repeating: 0.0, count: arms.count)
            for (index, arm) in phase.arms.enumerated() {
                guard let place = places[arm.variant] else { continue }
                // Who is withheld only since a holdout was widened counts on neither side.
                let kept = experiment.holdout == nil ? arm.allocation : phases.last?.arms[index].allocation
                shares[place] = Double(min(arm.allocation, kept ?? arm.allocation))
            }
            return shares
        }
        let days = try ExposureStore().days(of: experiment.number, in: transaction)
        units = Self.units(days, places)
        let count = days.reduce(0) { $0 + $1.units }
        severalVariantsShare = count == 0 ? 0 : Double(days.reduce(0) { $0 + $1.several }) / Double(count)
        let followsResults = try ShareRuleStore().contains(experiment.number, in: transaction)
        do throws(MetricProblem) {
            // Shares that follow results must not decide what a phase counts for.
            self.plan = try plan.analysisPlan(phaseWeights: followsResults ? .units : .precision)
        } catch {
            throw .internalError("The stored plan of \(experiment.key) cannot be: \(error)")
        }
        let variants = try VariantStore().numbers(of: experiment.number, in: transaction)
        armOf = Dictionary(
            uniqueKeysWithValues: variants.compactMap { key, number in places[key].map { (number, $0) } })
        var metrics: [Measured] = []
        for planned in plan.metrics where isWanted(planned) {
            guard let stored = try MetricStore().find(planned.metric, in: transaction) else { continue }
            let definition: MetricDefinition
            do throws(MetricProblem) {
                definition = try stored.info.definition(planned)
            } catch {
                throw .internalError("The stored metric \(stored.info.key) cannot be: \(error)")
            }
            metrics.append(
                Measured(
                    number: stored.number, planned: planned, info: stored.info, definition: definition,
                    days: try Self.days(
                        of: stored.number, in: experiment.number, SumStore.Series.allUnits, definition, armOf,
                        phases: weights.count, armCount: arms.count, transaction)))
        }
        self.metrics = metrics
    }

    /// A metric in one segment of the units.
    func measured(
        _ metric: Measured, in segment: Int64, of experiment: StoredExperiment,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Measured {
        Measured(
            number: metric.number, planned: metric.planned, info: metric.info, definition: metric.definition,
            days: try Self.days(
                of: metric.number, in: experiment.number, segment, metric.definition, armOf, phases: weights.count,
                armCount: arms.count, transaction))
    }

    private static func units(
        _ days: [(phase: Int, day: Int, variant: String, units: Int, several: Int)], _ places: [String: Int]
    ) -> [DailyUnits] {
        var counts: [[Int]: [Int]] = [:]
        for day in days {
            guard let place = places[day.variant] else { continue }
            counts[[day.phase, day.day], default: Array(repeating: 0, count: places.count)][place] += day.units
        }
        return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            DailyUnits(phase: $0.key[0] - 1, day: $0.key[1], counts: $0.value)
        }
    }

    private static func days(
        of metric: Int64, in experiment: Int64, _ segment: Int64, _ definition: MetricDefinition, _ armOf: [Int64: Int],
        phases: Int, armCount: Int, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(day: Int, sums: PhasedSums)] {
        let none = Array(repeating: Array(repeating: definition.noSums, count: armCount), count: phases)
        var days: [(day: Int, sums: PhasedSums)] = []
        let changes = try SumStore().days(of: metric, in: experiment, segment: segment, definition, transaction)
        for (series, day, sums) in changes {
            guard let arm = armOf[series.variant], 1...phases ~= series.phase else { continue }
            if days.last?.day != day { days.append((day, none)) }
            days[days.count - 1].sums[series.phase - 1][arm].merge(sums)
        }
        return days
    }

    /// The looks of a group-sequential test that were reached by the end of yesterday.
    func looks(at now: Timestamp) -> [ReachedLook] { plan.looks(units, today: now.day) }
}
