import PythonOracle
import Statistics
import Testing

@testable import ExperimentMetrics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Power of whole experiments")
struct PowerTests {
    private static let engines: [AnalysisPlan.Engine] = [
        .fixed, .alwaysValid, .groupSequential(.obrienFleming, looks: TestDesign.evenLooks(5)),
        .groupSequential(.pocock, looks: [0.3, 1]),
    ]

    private func plan(
        _ engine: AnalysisPlan.Engine, shares: [Double] = [2, 1, 1], power: Double = 0.8, strictness: Double = 1,
        direction: Statistics.Direction = .higherIsBetter
    ) throws -> PowerPlan {
        try PowerPlan(
            ExperimentPlan.Metric(mean: 0, variance: 2, explained: 0.5), shares: shares, engine: engine,
            power: power, strictness: strictness, direction: direction)
    }

    // MARK: Before

    @Test("Units, power and smallest effect of several arms are each other's inverse", arguments: engines)
    func inverses(engine: AnalysisPlan.Engine) throws {
        let all: [[Double]] = [[1, 1], [2, 1, 1], [5, 3, 2]]
        for shares in all {
            for direction in Direction.allCases {
                let plan = try plan(engine, shares: shares, power: 0.9, direction: direction)
                let effect = try plan.minimumDetectableEffect(units: 6_000)
                #expect(abs(try plan.power(effect: effect, units: 6_000) - 0.9) < 1e-9)
                #expect(abs(try plan.units(effect: effect * (1 + 1e-9)) - 6_000) <= 1)
                #expect(plan.arms(6_000).reduce(0, +) == 6_000)
            }
        }
    }

    @Test("The arm with the smallest share decides, and a stricter question needs more units")
    func arms() throws {
        let even = try plan(.fixed, shares: [1, 1]).units(effect: 0.2)
        let two = try plan(.fixed, shares: [1, 1, 1]).units(effect: 0.2)
        // The same two arms, and as many units in a third.
        #expect(abs(Double(two) - 1.5 * Double(even)) <= 2)
        let skewed = try plan(.fixed, shares: [8, 8, 1]).units(effect: 0.2)
        #expect(skewed > 3 * two)
        let strict = try plan(.fixed, shares: [1, 1], strictness: 10).units(effect: 0.2)
        let level = try #require(SignificanceLevel(alpha: 0.005))
        let alone = try PowerPlan(
            ExperimentPlan.Metric(mean: 0, variance: 2, explained: 0.5), shares: [1, 1], engine: .fixed, level: level)
        #expect(strict == (try alone.units(effect: 0.2)) && strict > even)
    }

    @Test("Fewer of a share is as hard to find as more of its complement")
    func lowerIsBetter() throws {
        let left = try PowerPlan(
            ExperimentPlan.Metric(proportion: 0.1), shares: [1, 1], engine: .fixed, direction: .lowerIsBetter)
        let right = try PowerPlan(ExperimentPlan.Metric(proportion: 0.9), shares: [1, 1], engine: .fixed)
        #expect(try left.units(effect: 0.02) == right.units(effect: 0.02))
        #expect(throws: PlanError.parameter("effect")) { try left.units(effect: 0.11) }
        #expect(throws: PlanError.outOfReach) { try left.minimumDetectableEffect(units: 20) }
    }

    @Test("What a question of a family has to pass, at the strictest")
    func strictness() throws {
        func strictness(_ correction: PValueAdjustment?, _ engine: AnalysisPlan.Engine = .fixed) throws -> Double {
            try AnalysisPlan(engine: engine, correction: correction, plannedUnits: 1_000).strictness(ofQuestions: 4)
        }
        for correction in PValueAdjustment.allCases {
            // Of four p-values just below the level by it, the smallest is still found; the others are not.
            let strict = try strictness(correction)
            let adjusted = correction.adjust([0.05 / strict * 0.999, 0.9, 0.9, 0.9])
            #expect(adjusted[0]?.pValue ?? 1 < 0.05)
            let beyond = correction.adjust([0.05 / strict * 1.001, 0.9, 0.9, 0.9])
            #expect(beyond[0]?.pValue ?? 0 > 0.05, "\(correction)")
        }
        #expect(try strictness(nil) == 1)
        #expect(try strictness(.holm, .bayesian(nil)) == 1)
        #expect(try strictness(.benjaminiYekutieli, .groupSequential(.pocock, looks: [1])) == 4)
    }

    @Test("Planned experiments find the effect that they are planned for as often as was promised", arguments: engines)
    func simulation(engine: AnalysisPlan.Engine) throws {
        let (units, power) = (2_400, 0.8)
        let effect = try plan(engine, power: power).minimumDetectableEffect(units: units)
        let analysisPlan = try AnalysisPlan(engine: engine, correction: nil, plannedUnits: units)
        var looks: [Double] = [1]
        if case .groupSequential(_, let planned) = engine { looks = planned }
        var generator = SeededGenerator(seed: 88)
        var found = 0
        for _ in 0..<TestScale.runs
        where try finds(effect, units: units, looks, analysisPlan, &generator) { found += 1 }
        #expect(isPlausible(found, rate: power), "\(engine): \(found) of \(TestScale.runs)")
    }

    /// Whether an experiment of three arms finds that the second has this effect, at any of its looks.
    private func finds(
        _ effect: Double, units: Int, _ looks: [Double], _ plan: AnalysisPlan, _ generator: inout SeededGenerator
    ) throws -> Bool {
        let definition = try MetricDefinition(name: "spend", kind: .mean, lookBackSeconds: 60)
        var sums: PhasedSums = [(0..<3).map { _ in definition.noSums }]
        var daily: [DailyUnits] = []
        var last = 0.0
        for (day, look) in looks.enumerated() {
            let counts = [0.5, 0.25, 0.25].map { Int((Double(units) * (look - last) * $0).rounded()) }
            last = look
            for (arm, count) in counts.enumerated() {
                var moments = CrossMoments(variableCount: 2)
                for _ in 0..<count {
                    let x = normal(&generator)
                    moments.add([x + normal(&generator) + (arm == 1 ? effect : 0), x])
                }
                sums[0][arm].merge(MetricSums(total: Tally(moments)))
            }
            daily.append(DailyUnits(phase: 0, day: day, counts: counts))
            let analysis = MetricAnalysis(definition, sums, control: 0, plan: plan, looks: plan.looks(daily))
            if let interval = try analysis.arms[0].result.get().absolute.interval, !interval.contains(0) { return true }
        }
        return false
    }

    /// By Box and Muller's method.
    private func normal(_ generator: inout SeededGenerator) -> Double {
        let uniform = Double.random(in: Double.leastNormalMagnitude..<1, using: &generator)
        return (-2 * log(uniform)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
    }

    // MARK: History

    @Test("A baseline is what the control's units were, of every kind of metric")
    func baseline() throws {
        let world = try World(count: 3_000)
        for definition in try Definitions.all() {
            var control = definition.noSums
            for phase in try world.days(definition).through(.max) { control.merge(phase[0]) }
            let baseline = try MetricBaseline(definition, control)
            #expect(baseline.units == control.total.count)
            #expect(baseline.metric.isProportion == definition.isProportion)
            // Whether anything happened before says next to nothing of whether it does after.
            let isExplained = definition.lookBackSeconds != nil && !definition.isProportion
            #expect((baseline.metric.explained > 0.05) == isExplained, "\(definition.name)")
            // Against itself the standard error is that of two arms of this baseline.
            let sums = [[control, control]]
            let question = try Question(
                definition, sums, arm: 1, control: 0, cut: ShareCut(definition, sums), phaseWeights: .precision)
            guard case .comparison(let comparison) = question.answer else { continue }
            let plan = try ExperimentPlan(metric: baseline.metric, scale: .absolute, design: TestDesign())
            let error = plan.standardError(effect: 0, units: Double(2 * baseline.units))
            #expect(abs(comparison.absolute.standardError / error - 1) < 0.005, "\(definition.name)")
        }
    }

    @Test("Too few units, or successes, are no baseline")
    func noBaseline() throws {
        let count = try MetricDefinition(name: "count", kind: .count)
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 100)) { try MetricBaseline(count, count.noSums) }
        let some = MetricSums(total: Tally(CrossMoments(Moments(successes: 9, of: 1_000))))
        let proportion = try MetricDefinition(name: "proportion", kind: .proportion)
        #expect(throws: NotEnoughData.tooFewSuccesses(have: 9, need: 10)) { try MetricBaseline(proportion, some) }
        #expect(throws: NotEnoughData.noVariance) {
            try MetricBaseline(count, MetricSums(total: Tally(CrossMoments(Moments(successes: 0, of: 1_000)))))
        }
    }

    // MARK: During

    private func family(_ plan: AnalysisPlan, entered: [Int], shares: [Double]) throws -> PowerSoFar.Family {
        try PowerSoFar.Family(plan: plan, control: 0, entered: entered, shares: shares, questions: 1, power: 0.8)
    }

    private func soFar(
        _ plan: AnalysisPlan, units: Int, effect: Double? = 0.1, shares: [Double] = [1, 1],
        definition: MetricDefinition? = nil
    ) throws -> PowerSoFar {
        let definition = try definition ?? MetricDefinition(name: "count", kind: .count, scale: .absolute)
        let arm = MetricSums(total: Tally(CrossMoments(Moments(count: units, mean: 3, variance: 2))))
        return try PowerSoFar(
            definition, [[arm, arm]], in: family(plan, entered: [units, units], shares: shares), effect: effect)
    }

    @Test("A running experiment needs what one of its variance would have been planned with")
    func missing() throws {
        let plan = try AnalysisPlan(plannedUnits: 2_000)
        let figures = try soFar(plan, units: 500).arms[0].result.get()
        let needed = try PowerPlan(
            ExperimentPlan.Metric(mean: 3, variance: 2), shares: [1, 1], engine: .fixed
        ).units(effect: 0.1)
        let planned = try #require(figures.planned)
        #expect(abs(try #require(planned.unitsMissing) + 1_000 - needed) <= 1)
        #expect(figures.units == 500 && figures.controlUnits == 500 && figures.controlMean == 3)
        let detectable = try #require(figures.detectable)
        #expect(abs(try #require(figures.detectableAtEnd) * 2.0.squareRoot() - detectable) < 1e-9)
        let before = try ExperimentPlan(
            metric: ExperimentPlan.Metric(mean: 3, variance: 2), scale: .absolute, design: TestDesign())
        #expect(abs(try before.power(effect: 0.1, units: 2_000) - (try #require(planned.power))) < 1e-9)
        // Half of the units show nothing, the other half would have to show all of it.
        #expect(try #require(planned.conditionalPower) < (try #require(planned.power)))
        #expect(try soFar(plan, units: 50_000).arms[0].result.get().planned?.unitsMissing == 0)
    }

    @Test("Of several arms as many units are missing as give two of them what they need")
    func shares() throws {
        let plan = try AnalysisPlan()
        let alone = try #require(try soFar(plan, units: 500).arms[0].result.get().planned?.unitsMissing)
        let definition = try MetricDefinition(name: "count", kind: .count, scale: .absolute)
        let arm = MetricSums(total: Tally(CrossMoments(Moments(count: 500, mean: 3, variance: 2))))
        let power = try PowerSoFar(
            definition, [[arm, arm, arm]], in: family(plan, entered: [500, 500, 500], shares: [1, 1, 0]), effect: 0.1)
        #expect(try power.arms[0].result.get().planned?.unitsMissing == alone)
        // The second variant gets no more units.
        let third = try #require(try power.arms[1].result.get().planned)
        #expect(third.unitsMissing == nil && third.power == nil)
    }

    @Test("Before a hundred units of each arm, and before the first planned look, nothing is promised")
    func tooEarly() throws {
        let fixed = try AnalysisPlan()
        #expect(throws: NotEnoughData.tooFewUnits(have: 99, need: 100)) {
            try soFar(fixed, units: 99).arms[0].result.get()
        }
        #expect(try soFar(fixed, units: 100).arms[0].result.get().detectable != nil)
        let looks = try AnalysisPlan(
            engine: .groupSequential(.obrienFleming, looks: [0.5, 1]), plannedUnits: 2_000)
        let before = try soFar(looks, units: 499).arms[0].result.get()
        #expect(before.detectable == nil && before.planned?.unitsMissing != nil)
        let after = try soFar(looks, units: 500).arms[0].result.get()
        let atEnd = try soFar(looks, units: 1_000).arms[0].result.get()
        #expect(try #require(after.detectable) > (try #require(atEnd.detectable)))
        #expect(abs(try #require(atEnd.detectable) - (try #require(atEnd.detectableAtEnd))) < 1e-12)
        let few = try MetricDefinition(name: "few", kind: .proportion)
        let arm = MetricSums(total: Tally(CrossMoments(Moments(successes: 9, of: 1_000))))
        let power = try PowerSoFar(
            few, [[arm, arm]], in: family(fixed, entered: [1_000, 1_000], shares: [1, 1]), effect: 0.1)
        #expect(throws: NotEnoughData.tooFewSuccesses(have: 9, need: 10)) { try power.arms[0].result.get() }
    }
}
