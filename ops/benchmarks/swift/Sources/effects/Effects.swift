import ExperimentMetrics
import Statistics

/// `effects [--seconds S] < sums`: how long all metrics of an experiment take from sums to effects and a decision, by
/// each engine.
///
/// A line is a metric: of each arm units, Σy and Σy², the control first. Prints milliseconds for all of it, and what the
/// fixed engine says, by metric and arm: `{"milliseconds": 40.1, "effects": [0.2, …], "pValues": [0.04, …]}`.
@main
struct Effects {
    /// Metrics that the experiment is for; the others are looked at besides.
    private static let goals = 10

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 1 || arguments.count == 3 && arguments[1] == "--seconds",
            let seconds = arguments.count == 3 ? Double(arguments[2]) : 3
        else { return print("usage: effects [--seconds S]") }
        var metrics: [ExperimentAnalysis.Metric] = []
        while let line = readLine() { metrics.append(try metric(metrics.count, line)) }
        guard let counts = metrics.first?.sums[0].map(\.total.count) else { return print("there are no sums") }
        let plans = try plans(units: counts.reduce(0, +))
        let (milliseconds, fixed) = try time(seconds) {
            try plans.map { plan in try analyse(metrics, counts, plan) }[0]
        }
        let effects = fixed.metrics.flatMap(\.arms).compactMap { try? $0.result.get() }
        print("{\"milliseconds\": \(milliseconds),")
        print("\"effects\": \(effects.map(\.absolute.value)), \"pValues\": \(effects.compactMap(\.pValue))}")
    }

    private static func metric(_ number: Int, _ line: String) throws -> ExperimentAnalysis.Metric {
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        let definition = try MetricDefinition(
            name: "m\(number)", kind: .mean, role: number < goals ? .goal : .secondary, scale: .absolute)
        let arms = stride(from: 0, to: numbers.count, by: 3).map { at in
            MetricSums(
                total: Tally(
                    count: Int(numbers[at]), sums: [CompensatedSum(numbers[at + 1]), CompensatedSum(numbers[at + 2])]))
        }
        return ExperimentAnalysis.Metric(definition, [arms])
    }

    /// The engines: a fixed end, a confidence sequence, looks, a posterior.
    private static func plans(units: Int) throws -> [AnalysisPlan] {
        let prior = BayesianEffect.Prior(mean: 0, standardDeviation: 0.3, scale: .relative)
        return try [
            .fixed, .alwaysValid, .groupSequential(.obrienFleming, looks: [0.5, 1]), .bayesian(prior),
        ].map { try AnalysisPlan(engine: $0, plannedUnits: units) }
    }

    private static func analyse(
        _ metrics: [ExperimentAnalysis.Metric], _ counts: [Int], _ plan: AnalysisPlan
    ) throws -> ExperimentAnalysis {
        try ExperimentAnalysis(
            arms: counts.indices.map { "\($0)" }, control: 0, weights: [counts.map { _ in 1 }],
            units: [DailyUnits(phase: 0, day: 20_000, counts: counts)], metrics: metrics, plan: plan, isOver: true)
    }

    private static func time(
        _ seconds: Double, _ body: () throws -> ExperimentAnalysis
    ) rethrows -> (milliseconds: Double, last: ExperimentAnalysis) {
        let clock = ContinuousClock()
        var last = try body()
        let begin = clock.now
        var (rounds, elapsed) = (0, Duration.zero)
        repeat {
            last = try body()
            rounds += 1
            elapsed = clock.now - begin
        } while elapsed < .seconds(seconds)
        return (elapsed / .milliseconds(1) / Double(rounds), last)
    }
}
