import ExperimentMetrics
import Foundation
import PythonOracle
import Statistics
import Testing

private let oracle = PythonOracle(
    "experiment_oracle.py", modules: ["numpy", "scipy", "statsmodels"],
    golden: "ExperimentMetricsTests/Golden/experiment.txt")

/// `Tests/Oracles/experiment_oracle.py`: the same world's raw events, reckoned with numpy, scipy and statsmodels.
@Suite("Others' code as an oracle for the way from events to effects")
struct OracleTests {
    private static let cases = Result { try oracle.goldenCases() }
    private static let sums = Result {
        let world = try World(count: 2_500)
        return try Dictionary(uniqueKeysWithValues: Definitions.all().map { ($0.name, try world.days($0)) })
    }
    private static let units = Result { try World(count: 2_500) }

    private func cases(_ tag: String, atLeast count: Int) throws -> [[String]] {
        let cases = try Self.cases.get().filter { $0[0] == tag }
        #expect(cases.count >= count, "\(tag)")
        return cases.map { Array($0.dropFirst()) }
    }

    private func numbers(_ fields: some Sequence<String>) throws -> [Double] {
        try fields.map { try #require(Double($0)) }
    }

    /// What an arm does to a metric as of the end of a day.
    private func answer(
        _ name: String, day: String, arm: String, _ engine: AnalysisPlan.Engine
    ) throws -> Result<ArmEffect, NotEnoughData> {
        let plan = try AnalysisPlan(engine: engine, correction: nil, plannedUnits: 3_000)
        let sums = try #require(try Self.sums.get()[name]).through(try #require(Int(day)))
        let analysis = MetricAnalysis(try Definitions.named(name), sums, control: 0, plan: plan)
        let arm = try #require(Int(arm))
        return try #require(analysis.arms.first { $0.arm == arm }).result
    }

    /// NaN stands for an interval without bounds.
    private func expect(_ interval: Interval?, _ lower: Double, _ upper: Double, _ text: [String]) {
        guard let interval else {
            #expect(lower.isNaN && upper.isNaN, "\(text)")
            return
        }
        let width = upper - lower
        #expect(isClose(interval.lower, lower, floor: width), "\(text)")
        #expect(isClose(interval.upper, upper, floor: width), "\(text)")
    }

    @Test("Welch's test of every kind of metric over phases, with and without CUPED, as of days on the way")
    func welch() throws {
        for fields in try cases("w", atLeast: 60) {
            let n = try numbers(fields[3...])
            let effect = try answer(fields[0], day: fields[1], arm: fields[2], .fixed).get()
            let estimate = try #require(effect.absolute.estimate)
            #expect(isClose(effect.treatmentMean, n[0]) && isClose(effect.controlMean, n[1]), "\(fields)")
            #expect(isClose(effect.absolute.value, n[2], floor: n[3]), "\(fields)")
            #expect(isClose(estimate.standardError, n[3]), "\(fields)")
            #expect(isClose(estimate.degreesOfFreedom, n[4]), "\(fields)")
            #expect(isClose(try #require(effect.pValue), n[5]), "\(fields)")
            expect(effect.absolute.interval, n[6], n[7], fields)
            expect(try effect.relative.get().interval, n[8], n[9], fields)
            #expect(isClose(effect.adjustment?.varianceCut ?? .nan, n[10], floor: 1), "\(fields)")
        }
    }

    @Test("Confidence sequences, absolute and relative, once each arm has a hundred units")
    func alwaysValid() throws {
        for fields in try cases("a", atLeast: 60) {
            let n = try numbers(fields[3...])
            let answer = try answer(fields[0], day: fields[1], arm: fields[2], .alwaysValid)
            if case .failure(.tooFewUnits(let have, 100)) = answer, have < 100 { continue }
            let effect = try answer.get()
            expect(effect.absolute.interval, n[0], n[1], fields)
            expect(try effect.relative.get().interval, n[2], n[3], fields)
            #expect(isClose(log(try #require(effect.pValue)), n[4], floor: 1), "\(fields)")
        }
    }

    @Test("Posteriors of relative effects with a prior")
    func bayesian() throws {
        let prior = BayesianEffect.Prior(mean: 0, standardDeviation: 0.3, scale: .relative)
        for fields in try cases("b", atLeast: 60) {
            let n = try numbers(fields[3...])
            let answer = try answer(fields[0], day: fields[1], arm: fields[2], .bayesian(prior))
            if case .failure(.tooFewUnits(let have, 100)) = answer, have < 100 { continue }
            let relative = try answer.get().relative.get()
            let posterior = try #require(relative.posterior)
            #expect(isClose(posterior.chanceToWin, n[0]), "\(fields)")
            #expect(isClose(posterior.expectedLoss, n[1], floor: posterior.standardDeviation), "\(fields)")
            expect(relative.interval, n[2], n[3], fields)
        }
    }

    @Test("Few successes by the score test and Newcombe's interval")
    func few() throws {
        for fields in try cases("f", atLeast: 2) {
            let n = try numbers(fields[2...])
            let effect = try answer("few", day: fields[0], arm: fields[1], .fixed).get()
            #expect(isClose(try #require(effect.pValue), n[0]), "\(fields)")
            expect(effect.absolute.interval, n[1], n[2], fields)
            guard case .failure(.tooFewSuccesses) = effect.relative else {
                Issue.record("nothing is relative to so few")
                continue
            }
        }
    }

    @Test("Corrections over all metrics and arms together")
    func corrections() throws {
        for fields in try cases("h", atLeast: 12) {
            let told = try numbers(fields[2...])
            let cases = try cases("w", atLeast: 60).filter { $0[1] == fields[1] }
            let day = try #require(Int(fields[1]))
            var names: [String] = []
            for fields in cases where !names.contains(fields[0]) { names.append(fields[0]) }
            let method = try #require(PValueAdjustment(rawValue: fields[0]))
            let plan = try AnalysisPlan(correction: method)
            let analysis = try ExperimentAnalysis(
                arms: ["control", "one", "two"], control: 0, weights: World.weights,
                units: Self.units.get().dailyUnits(through: day),
                metrics: names.map { name in
                    .init(try Definitions.named(name), try #require(try Self.sums.get()[name]).through(day))
                }, plan: plan, isOver: false)
            let adjusted = try analysis.metrics.flatMap { try $0.arms.map { try $0.result.get().adjusted?.pValue } }
            #expect(adjusted.count == told.count)
            for (ours, theirs) in zip(adjusted, told) { #expect(isClose(try #require(ours), theirs), "\(fields)") }
        }
    }

    @Test("The split of phases and of all of them")
    func split() throws {
        for fields in try cases("s", atLeast: 3) {
            let n = try numbers(fields[1...])
            let day = try #require(Int(fields[0]))
            let analysis = try ExperimentAnalysis(
                arms: ["control", "one", "two"], control: 0, weights: World.weights,
                units: Self.units.get().dailyUnits(through: day), metrics: [], plan: AnalysisPlan(), isOver: false)
            for (phase, told) in zip(analysis.split.phases, n) {
                #expect(isClose((try? phase.test.get())?.pValue ?? .nan, told), "\(fields)")
            }
            #expect(isClose(try analysis.split.pooled.get().pValue, n[2]), "\(fields)")
        }
    }

    @Test("A quantile told by the sketch is that of all values, to 0.2 %")
    func quantiles() throws {
        for fields in try cases("n", atLeast: 2) {
            let n = try numbers(fields[2...])
            let effect = try answer("quantile", day: fields[0], arm: fields[1], .fixed).get()
            #expect(isClose(effect.treatmentMean, n[1], tolerance: 0.002))
            #expect(isClose(effect.controlMean, n[2], tolerance: 0.002))
        }
    }
}
