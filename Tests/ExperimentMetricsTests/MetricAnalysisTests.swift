import PythonOracle
import Statistics
import Testing

@testable import ExperimentMetrics

@Suite("What arms do to a metric")
struct MetricAnalysisTests {
    private let mean: MetricDefinition
    private let proportion: MetricDefinition

    init() throws {
        mean = try MetricDefinition(name: "m", kind: .mean)
        proportion = try MetricDefinition(name: "p", kind: .proportion)
    }

    private func sums(_ values: [Double]) -> MetricSums {
        MetricSums(total: Tally(CrossMoments(Moments(values))))
    }

    private func sums(successes: Int, of count: Int) -> MetricSums {
        MetricSums(total: Tally(CrossMoments(Moments(successes: successes, of: count))))
    }

    private func sums(count: Int, mean: Double, variance: Double) -> MetricSums {
        MetricSums(total: Tally(CrossMoments(Moments(count: count, mean: mean, variance: variance))))
    }

    private func answer(
        _ definition: MetricDefinition, _ phases: PhasedSums, _ plan: AnalysisPlan? = nil, looks: [ReachedLook] = []
    ) throws -> Result<ArmEffect, NotEnoughData> {
        let plan = try plan ?? AnalysisPlan()
        let analysis = MetricAnalysis(definition, phases, control: 0, plan: plan, looks: looks)
        return try #require(analysis.arms.first).result
    }

    private func reason(_ result: Result<ArmEffect, NotEnoughData>) -> NotEnoughData? {
        if case .failure(let reason) = result { reason } else { nil }
    }

    @Test("Nothing, one unit, no variance, an arm without traffic: a reason, never a number")
    func reasons() throws {
        let (none, one, many) = (mean.noSums, sums([3]), sums([1, 2, 4, 7]))
        #expect(reason(try answer(mean, [[none, none]])) == .tooFewUnits(have: 0, need: 2))
        #expect(reason(try answer(mean, [[many, one]])) == .tooFewUnits(have: 1, need: 2))
        #expect(reason(try answer(mean, [[many, none]])) == .tooFewUnits(have: 0, need: 2))
        #expect(reason(try answer(mean, [[sums([2, 2]), sums([2, 2, 2])]])) == .noVariance)
        // Each arm has units, but never in the same phase.
        #expect(reason(try answer(mean, [[many, none], [none, many]])) == .tooFewUnits(have: 0, need: 2))
        let ratio = try MetricDefinition(name: "r", kind: .ratio)
        var moments = CrossMoments(variableCount: 2)
        for value in [1.0, 2, 3] { moments.add([value, 0]) }
        let noDenominator = MetricSums(total: Tally(moments))
        #expect(reason(try answer(ratio, [[noDenominator, noDenominator]])) == .denominatorIsZero)
        let quantile = try MetricDefinition(name: "q", kind: .quantile(share: 0.5))
        #expect(reason(try answer(quantile, [[quantile.noSums, quantile.noSums]])) == .tooFewUnits(have: 0, need: 2))
        let tied = MetricSums(
            total: Tally(CrossMoments(Moments(Array(repeating: 5, count: 90)))),
            bins: [QuantileSketch.key(of: 5): Tally(count: 90, sums: [])])
        #expect(reason(try answer(quantile, [[tied, tied]])) == .quantileIsTied)
    }

    @Test("Engines that take means as normal wait for a hundred units in each arm")
    func fewestUnits() throws {
        let engines: [AnalysisPlan.Engine] = [
            .alwaysValid, .bayesian(nil), .groupSequential(.obrienFleming, looks: [0.5, 1]),
        ]
        let look = ReachedLook(day: 1, units: 5, fraction: 0.5)
        for engine in engines {
            let plan = try AnalysisPlan(engine: engine, plannedUnits: 400)
            for (count, expected) in [(99, NotEnoughData.tooFewUnits(have: 99, need: 100)), (100, nil)] {
                let phases = [[sums(count: 100, mean: 5, variance: 1), sums(count: count, mean: 6, variance: 1)]]
                #expect(reason(try answer(mean, phases, plan, looks: [look])) == expected)
            }
        }
    }

    @Test("Few successes have the score test and Newcombe's interval, in one phase and at one look")
    func fewSuccesses() throws {
        for (control, treatment, isFew) in [(10, 10, false), (9, 30, true), (30, 91, true), (90, 10, false)] {
            let phase = [sums(successes: control, of: 100), sums(successes: treatment, of: 100)]
            let effect = try answer(proportion, [phase]).get()
            #expect((effect.absolute.estimate == nil) == isFew, "\(control) \(treatment)")
            guard isFew else { continue }
            let both = ProportionComparison(
                treatment: try #require(Proportion(successes: treatment, of: 100)),
                control: try #require(Proportion(successes: control, of: 100)))
            #expect(effect.pValue == (try both.pValue()) && effect.absolute.interval == both.interval())
            #expect(isClose(effect.absolute.value, Double(treatment - control) / 100))
            #expect(effect.treatmentCount == 100 && effect.nonInferiority == nil)
            let sequential = try AnalysisPlan(engine: .alwaysValid)
            let reason = NotEnoughData.tooFewSuccesses(have: 9, need: 10)
            #expect(self.reason(try answer(proportion, [phase], sequential)) == reason)
        }
        // Over two phases there is no test that holds for so few.
        let (some, none) = (sums(successes: 9, of: 100), sums(successes: 0, of: 50))
        let many = sums(successes: 50, of: 100)
        #expect(
            reason(try answer(proportion, [[some, many], [none, none]])) == .tooFewSuccesses(have: 9, need: 10))
        let nobody = [sums(successes: 0, of: 50), sums(successes: 0, of: 50)]
        let effect = try answer(proportion, [nobody]).get()
        #expect(effect.pValue == 1 && effect.absolute.interval?.contains(0) == true)
    }

    @Test("A phase in which an arm is missing is left out, and said to be")
    func phasesLeftOut() throws {
        let usable = [sums([1, 2, 4]), sums([3, 5, 9])]
        let (other, one, none) = (sums([900, 1_000]), sums([7]), mean.noSums)
        let alone = try answer(mean, [usable]).get()
        let effect = try answer(mean, [[other, none], usable, [other, one], [none, none], [one, other]]).get()
        #expect(effect.absolute == alone.absolute && effect.phasesLeftOut == [0, 2, 4])
        #expect(alone.phasesLeftOut.isEmpty)
        #expect(!alone.assumptions.contains(.strataPrecedeExposure))
        let both = try answer(mean, [usable, usable]).get()
        #expect(both.assumptions.contains(.strataPrecedeExposure))
    }

    @Test("Of a negative control mean more is more, relative to its magnitude")
    func negativeControl() throws {
        let phases = [[sums([-10, -12, -11, -9]), sums([-5, -6, -4, -5.5])]]
        for engine in [AnalysisPlan.Engine.fixed] {
            let effect = try answer(mean, phases, AnalysisPlan(engine: engine)).get()
            let relative = try effect.relative.get()
            #expect(effect.absolute.value > 0 && relative.value > 0)
            let interval = try #require(relative.interval)
            #expect(interval.lower > 0 && interval.lower < relative.value && relative.value < interval.upper)
        }
        let mirrored = [[sums([10, 12, 11, 9]), sums([5, 6, 4, 5.5])]]
        let (a, b) = (try answer(mean, phases).get(), try answer(mean, mirrored).get())
        let (upper, lower) = (try #require(a.relative.get().interval?.upper), b.relative)
        #expect(isClose(upper, -(try #require(lower.get().interval?.lower))))
    }

    @Test("A control that may be 0 leaves the absolute effect, and no relative bounds")
    func controlOfZero() throws {
        let zero = try answer(mean, [[sums([-1, 1]), sums([5, 6])]]).get()
        #expect(zero.relative == .failure(.controlMeanIsZero))
        #expect(zero.absolute.interval != nil && zero.effect(.relative) == nil)
        let near = try answer(mean, [[sums([-1, 1.1]), sums([5, 6])]]).get()
        #expect(try near.relative.get().interval == nil)
    }

    @Test("Every engine leaves 0 out of both scales or of none, and just where its p-value is below the level")
    func agreement() throws {
        let look = ReachedLook(day: 1, units: 500, fraction: 0.5)
        var found = 0
        for engine in [
            AnalysisPlan.Engine.fixed, .alwaysValid, .groupSequential(.pocock, looks: [0.5, 1]),
        ] {
            for correction in [nil, PValueAdjustment.holm, .benjaminiHochberg] {
                let plan = try AnalysisPlan(engine: engine, correction: correction, plannedUnits: 1_000)
                for shift in stride(from: 0.0, to: 0.4, by: 0.02) {
                    let control = sums(count: 250, mean: 5, variance: 1)
                    let arms = [
                        control, sums(count: 250, mean: 5 + shift, variance: 1),
                        sums(count: 250, mean: 5 - shift / 2, variance: 1.5),
                    ]
                    let analysis = MetricAnalysis(mean, [arms], control: 0, plan: plan, looks: [look])
                    for answer in analysis.arms {
                        let effect = try answer.result.get()
                        let absolute = try #require(effect.absolute.interval)
                        let relative = try #require(effect.relative.get().interval)
                        #expect(absolute.contains(0) == relative.contains(0))
                        let pValue = correction == nil ? effect.pValue : effect.adjusted?.pValue
                        if let pValue { #expect((pValue < 0.05) == !absolute.contains(0)) }
                        if !absolute.contains(0) { found += 1 }
                    }
                }
            }
        }
        #expect(found > 50)
    }

    @Test("A group-sequential test has the bound of its look, stricter by the number of questions")
    func groupSequential() throws {
        let plan = try AnalysisPlan(
            engine: .groupSequential(.obrienFleming, looks: [0.4, 1]), correction: .holm, plannedUnits: 1_000)
        let arms = (0..<3).map { sums(count: 200, mean: 5 + Double($0), variance: 1) }
        let looks = [ReachedLook(day: 1, units: 400, fraction: 0.4), ReachedLook(day: 9, units: 1_010, fraction: 1.01)]
        for (count, expected) in [(1, looks.prefix(1)), (2, looks[...])] {
            let analysis = MetricAnalysis(mean, [arms], control: 0, plan: plan, looks: Array(looks.prefix(count)))
            let level = try #require(SignificanceLevel(alpha: 0.025))
            let test = try #require(GroupSequentialTest(level, spending: .obrienFleming))
            let bound = try #require(test.looks(at: expected.map(\.fraction))?.last?.bound)
            for answer in analysis.arms {
                let effect = try answer.result.get()
                let interval = try #require(effect.absolute.interval)
                let reach = bound * (try #require(effect.absolute.estimate)).standardError
                #expect(isClose(interval.upper - effect.absolute.value, reach))
                #expect(effect.pValue == nil && effect.adjusted == nil)
                #expect(effect.assumptions.contains(.fixedPlan) && !effect.assumptions.contains(.oneLook))
            }
        }
        let early = MetricAnalysis(mean, [arms], control: 0, plan: plan)
        #expect(early.arms.allSatisfy { $0.result == .failure(.beforeFirstLook) })
    }

    @Test("A guardrail's margin is tested one-sided at half the level, so that it agrees with the interval")
    func nonInferiority() throws {
        var passed = 0
        for direction in Direction.allCases {
            for scale in EffectScale.allCases {
                let metric = try MetricDefinition(
                    name: "g", kind: .mean, direction: direction, role: .guardrail, scale: scale,
                    margin: scale == .absolute ? 0.25 : 0.05)
                for shift in stride(from: -0.4, through: 0.4, by: 0.01) {
                    let phases = [
                        [
                            sums(count: 300, mean: 5, variance: 1), sums(count: 300, mean: 5 + shift, variance: 1),
                        ]
                    ]
                    let effect = try answer(metric, phases, AnalysisPlan(correction: nil)).get()
                    let interval = try #require(effect.effect(scale)?.interval)
                    let worst = direction == .higherIsBetter ? interval.lower : -interval.upper
                    let isShown = try #require(effect.nonInferiority).isShown
                    #expect(isShown == (worst > -(metric.margin ?? 0)))
                    if isShown { passed += 1 }
                }
            }
        }
        #expect(passed > 40)
    }

    @Test("Values are cut at shares of all arms together, and what is not cut stays exact")
    func shareCut() throws {
        let metric = try MetricDefinition(
            name: "m", kind: .mean, lookBackSeconds: 60,
            bounds: .shares(lower: nil, upper: 0.9, ignoringZeros: true))
        func arm(_ values: [Double]) -> MetricSums {
            var sums = metric.noSums
            for value in values {
                var activity = Activity()
                activity.events = 1
                activity.sum = CompensatedSum(value)
                sums.merge(metric.sums(activity, before: activity))
            }
            return sums
        }
        let zeros = Array(repeating: 0.0, count: 500)
        let (one, other) = (zeros + (1...50).map { Double($0) / 3 }, zeros + (51...100).map { Double($0) / 3 })
        let phases = [[arm(one), arm(other)]]
        let cut = try #require(ShareCut(metric, phases))
        // The 90th of 100 is 30; its bin ends within 0.2 %.
        let edge = QuantileSketch.bounds(ofKey: QuantileSketch.key(of: (90.0 + 0.1) / 3)).upper
        #expect(edge / 30 < 1.004)
        for (values, sums) in zip([one, other], phases[0]) {
            let moments = metric.moments(sums, cut: cut)
            let expected = CrossMoments(rows: values.map { [min($0, edge), $0] })
            #expect(moments.count == expected.count)
            for (a, b) in zip(moments.sums, expected.sums) { #expect(isClose(a.value, b.value, tolerance: 1e-14)) }
        }
    }

    @Test("Assumptions are told of the covariate, the correction and the engine")
    func assumptions() throws {
        let phase = [sums(count: 200, mean: 5, variance: 1), sums(count: 200, mean: 6, variance: 1)]
        func assumptions(_ plan: AnalysisPlan) throws -> [Assumption] {
            try answer(mean, [phase], plan).get().assumptions
        }
        let prior = BayesianEffect.Prior(mean: 0, standardDeviation: 1, scale: .relative)
        #expect(try assumptions(AnalysisPlan(correction: nil)) == [.independentUnits, .nearlyNormalMeans, .oneLook])
        #expect(try assumptions(AnalysisPlan(correction: .hochberg)).last == .positiveDependence)
        #expect(try assumptions(AnalysisPlan(engine: .alwaysValid, correction: nil)).last == .fixedPlan)
        #expect(try assumptions(AnalysisPlan(engine: .bayesian(prior))).last == .priorPrecedesData)
        #expect(try assumptions(AnalysisPlan(engine: .bayesian(nil))).last == .oneLook)
    }
}

extension CrossMoments {
    fileprivate init(rows: [[Double]]) {
        self.init(variableCount: rows[0].count)
        for row in rows { add(row) }
    }
}
