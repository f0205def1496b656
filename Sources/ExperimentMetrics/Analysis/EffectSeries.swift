internal import Statistics

/// How an effect came about: what was known of it at the end of each day.
public struct EffectSeries: Sendable, Equatable {
    public struct Point: Sendable, Equatable {
        public let day: Int
        public let arms: [MetricAnalysis.ArmAnswer]
    }

    /// By ascending days. Of a group-sequential test the looks only. Intervals of ``AnalysisPlan/Engine/fixed`` hold each
    /// for itself, not all together.
    public let points: [Point]

    /// - Parameters:
    ///   - changes: of each day that has any, what is kept of it for each phase and arm.
    ///   - control: one of the arms.
    ///   - looks: ``AnalysisPlan/looks(_:today:)``.
    public init(
        _ definition: MetricDefinition, _ changes: [(day: Int, sums: PhasedSums)], control: Int, plan: AnalysisPlan,
        looks: [ReachedLook] = []
    ) {
        var points: [Point] = []
        var sums: PhasedSums = []
        let changes = changes.sorted { $0.day < $1.day }
        for (index, (day, change)) in changes.enumerated() {
            if sums.isEmpty { sums = change.map { $0.map { _ in definition.noSums } } }
            for phase in change.indices {
                for arm in change[phase].indices { sums[phase][arm].merge(change[phase][arm]) }
            }
            // A day may come in several parts.
            if index + 1 < changes.count, changes[index + 1].day == day { continue }
            let reached = looks.filter { $0.day <= day }
            if case .groupSequential = plan.engine, reached.last?.day != day { continue }
            let analysis = MetricAnalysis(definition, sums, control: control, plan: plan, looks: reached)
            points.append(Point(day: day, arms: analysis.arms))
        }
        self.points = points
    }
}
