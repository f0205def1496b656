import PythonOracle
import Statistics
import Testing

@testable import ExperimentMetrics

/// Whole experiments in which no arm does anything, looked at day by day.
@Suite("False alarms of whole experiments")
struct PeekingTests {
    /// Whether any look at two arms and two goals finds something, in one experiment of ten days.
    private func findsSomething(_ plan: AnalysisPlan, peeks: Bool, _ generator: inout SeededGenerator) throws -> Bool {
        let definitions = try ["a", "b"].map {
            try MetricDefinition(name: $0, kind: .mean, lookBackSeconds: 60)
        }
        var sums: [PhasedSums] = definitions.map { definition in [(0..<3).map { _ in definition.noSums }] }
        var units: [DailyUnits] = []
        for day in 0..<10 {
            for arm in 0..<3 {
                for place in definitions.indices {
                    var moments = CrossMoments(variableCount: 2)
                    for _ in 0..<40 {
                        let x = Double.random(in: 0..<1, using: &generator)
                        // Skewed, as money is.
                        let y = x * 2 + 2 / (0.1 + Double.random(in: 0..<1, using: &generator))
                        moments.add([y, x])
                    }
                    sums[place][0][arm].merge(MetricSums(total: Tally(moments)))
                }
            }
            units.append(DailyUnits(phase: 0, day: day, counts: [40, 40, 40]))
            guard peeks || day == 9 else { continue }
            if case .groupSequential = plan.engine, plan.looks(units).last?.day != day { continue }
            let analysis = try ExperimentAnalysis(
                arms: ["control", "one", "two"], control: 0, weights: [[1, 1, 1]], units: units,
                metrics: zip(definitions, sums).map { .init($0, $1) }, plan: plan, isOver: false)
            let isFound = analysis.metrics.flatMap(\.arms).contains { answer in
                (try? answer.result.get())?.absolute.interval.map { !$0.contains(0) } ?? false
            }
            if isFound { return true }
        }
        return false
    }

    @Test("Corrected for goals and arms, each engine finds nothing more often than its level, looked at as it may be")
    func falseAlarms() throws {
        var generator = SeededGenerator(seed: 31)
        let engines: [(AnalysisPlan.Engine, peeks: Bool)] = [
            (.fixed, false), (.alwaysValid, true), (.groupSequential(.pocock, looks: [0.3, 0.6, 1]), true),
        ]
        for (engine, peeks) in engines {
            let plan = try AnalysisPlan(engine: engine, correction: .holm, plannedUnits: 1_200)
            var found = 0
            for _ in 0..<TestScale.runs where try findsSomething(plan, peeks: peeks, &generator) { found += 1 }
            #expect(isAtMost(found, rate: 0.05), "\(engine): \(found)")
        }
    }

    @Test("A fixed test that is looked at each day finds something far more often: the test above can fail")
    func peekingAtFixed() throws {
        var generator = SeededGenerator(seed: 32)
        let plan = try AnalysisPlan(engine: .fixed, correction: nil, plannedUnits: 1_200)
        var found = 0
        for _ in 0..<TestScale.runs where try findsSomething(plan, peeks: true, &generator) { found += 1 }
        #expect(!isAtMost(found, rate: 0.05), "\(found)")
    }
}
