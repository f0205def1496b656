import PythonOracle
import Randomness
import Statistics
import Testing

/// What every rule promises, on data whose truth is known. Seeds are fixed, so an answer is the same every time.
@Suite("Simulated experiments")
struct InferenceSimulationTests {
    @Test(
        "An always valid interval looked at fifty times misses the truth in 5 % of the runs at most, a fixed one often")
    func alwaysValid() throws {
        for alternative in Alternative.allCases {
            let sequence = try #require(ConfidenceSequence(.fivePercent, alternative, tightestAt: 2_000))
            let missed = try runs { run in
                try SimulatedExperiment(run: run, effect: 0.3, looks: 50, batch: 50).looks.contains { look in
                    !(try sequence.look(look.estimate, units: look.units).interval.contains(0.3))
                }
            }
            #expect(isAtMost(missed, rate: 0.05))
        }
        let fixed = runs { run in
            SimulatedExperiment(run: run, looks: 50, batch: 50).looks.contains { abs($0.estimate.statistic()) > 1.96 }
        }
        #expect(Double(fixed) > 0.2 * Double(TestScale.runs))
    }

    @Test("Group-sequential tests with five looks are wrong in 5 % of the runs, and have the power that is planned")
    func groupSequential() throws {
        for spending in [AlphaSpending.obrienFleming, .pocock, .power(1)] {
            let test = try #require(GroupSequentialTest(spending: spending))
            let bounds = try #require(test.looks(at: [0.2, 0.4, 0.6, 0.8, 1]))
            func stops(_ run: Int, _ effect: Double) -> Bool {
                let looks = SimulatedExperiment(run: run, effect: effect, looks: 5, batch: 400).looks
                return zip(looks, bounds).contains { abs($0.estimate.statistic()) > $1.bound }
            }
            #expect(isPlausible(runs { stops($0, 0) }, rate: 0.05))
            let plan = try ExperimentPlan(
                metric: ExperimentPlan.Metric(mean: 0, variance: 1), scale: .absolute,
                design: TestDesign(rule: .groupSequential(spending, looks: TestDesign.evenLooks(5))))
            let power = try plan.power(effect: 0.08, units: 4_000)
            #expect(power > 0.5 && power < 0.9)
            #expect(isPlausible(runs { stops($0, 0.08) }, rate: power))
        }
    }

    @Test("A split as promised, tested after each of a hundred batches, looks wrong in 1 % of the runs at most")
    func sampleRatio() throws {
        func alarms(_ run: Int, share: Double) throws -> Bool {
            var ratio = try #require(SequentialSampleRatio(weights: [0.5, 0.3, 0.2]))
            var random = RandomRow(seed: 2_103, stream: 2, row: UInt64(run))
            for _ in 0..<100 {
                var batch = [0, 0, 0]
                for _ in 0..<20 { batch[random.choice(weights: [share, 0.8 - share, 0.2])] += 1 }
                ratio.observe(batch)
            }
            return ratio.pValue < 0.01
        }
        #expect(isAtMost(try runs { try alarms($0, share: 0.5) }, rate: 0.01))
        #expect(try runs { try alarms($0, share: 0.6) } > TestScale.runs * 9 / 10)
    }

    @Test("Decisions asked for at every look are wrong in 5 % of the runs at most, by each kind of interval")
    func decisions() throws {
        let sequence = try #require(ConfidenceSequence(tightestAt: 4_000))
        let bounds = try #require(
            GroupSequentialTest(spending: .pocock)?.looks(at: (1...20).map { Double($0) / 20 }))
        func experiment(_ run: Int, _ effect: Double) -> SimulatedExperiment {
            SimulatedExperiment(run: run, effect: effect, looks: 20, batch: 200)
        }
        let rules: [(name: String, isExact: Bool, verdict: (Int, Double) throws -> ExperimentDecision.Verdict)] = [
            (
                "always valid", false,
                { run, effect in
                    let experiment = experiment(run, effect)
                    return try experiment.verdict(countsAtAnyTime: true) {
                        try sequence.look(experiment.looks[$0].estimate, units: experiment.looks[$0].units).interval
                    }
                }
            ),
            (
                "group-sequential", true,
                { run, effect in
                    let experiment = experiment(run, effect)
                    return experiment.verdict(countsAtAnyTime: true) {
                        bounds[$0].interval(of: experiment.looks[$0].estimate)
                    }
                }
            ),
            (
                "fixed", true,
                { run, effect in
                    let experiment = experiment(run, effect)
                    return experiment.verdict(countsAtAnyTime: false) { experiment.looks[$0].estimate.interval() }
                }
            ),
            (
                "Bayesian without a prior", true,
                { run, effect in
                    let experiment = experiment(run, effect)
                    return try experiment.verdict(countsAtAnyTime: false) {
                        try BayesianEffect(experiment.looks[$0].estimate, scale: .absolute, controlMean: 0).interval()
                    }
                }
            ),
        ]
        for rule in rules {
            let wrong = try runs { try rule.verdict($0, 0) != .keepRunning }
            #expect(rule.isExact ? isPlausible(wrong, rate: 0.05) : isAtMost(wrong, rate: 0.05), "\(rule.name)")
            #expect(try runs { try rule.verdict($0, 0.15) == .ship } > TestScale.runs * 9 / 10, "\(rule.name)")
            #expect(isAtMost(try runs { try rule.verdict($0, 0.15) == .rollBack }, rate: 0.025), "\(rule.name)")
        }
    }

    @Test("Of eight questions without an effect Holm and Hochberg answer any wrongly in 5 % of the runs")
    func familywise() {
        for method in [PValueAdjustment.holm, .hochberg] {
            let wrong = runs { run in
                var random = RandomRow(seed: 2_103, stream: 3, row: UInt64(run))
                return method.adjust((0..<8).map { _ in random.openUniform() }).contains { ($0?.pValue ?? 1) < 0.05 }
            }
            #expect(isPlausible(wrong, rate: 0.05))
        }
    }

    @Test("Among the discoveries by Benjamini and Hochberg the share of false ones is q times that of true nulls")
    func falseDiscoveries() {
        for method in [PValueAdjustment.benjaminiHochberg, .benjaminiYekutieli] {
            var shares: [Double] = []
            for run in 0..<TestScale.runs {
                var random = RandomRow(seed: 2_103, stream: 4, row: UInt64(run))
                let scores = (0..<20).map { random.normal(mean: $0 < 10 ? 0 : 3, standardDeviation: 1) }
                let adjusted = method.adjust(scores.map { 2 * Normal.survival(abs($0)) })
                let found = adjusted.indices.filter { (adjusted[$0]?.pValue ?? 1) < 0.1 }
                shares.append(found.isEmpty ? 0 : Double(found.count { $0 < 10 }) / Double(found.count))
            }
            let n = Double(shares.count)
            let mean = shares.reduce(0, +) / n
            let error = (shares.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / n / n).squareRoot()
            // Exactly 0.1 × ½ for independent questions (Benjamini and Yekutieli 2001, theorem 5.1).
            #expect(mean < 0.05 + 5 * error)
            if method == .benjaminiHochberg { #expect(mean > 0.05 - 5 * error) }
        }
    }

    @Test("When effects come from the prior, the 90 % interval holds them in 90 % of the runs, and chances are true")
    func calibration() throws {
        let prior = try #require(BayesianEffect.Prior(mean: 0.1, standardDeviation: 0.3, scale: .absolute))
        var inside = 0
        var expectedWins = 0.0
        var wins = 0
        for run in 0..<TestScale.runs {
            var random = RandomRow(seed: 2_103, stream: 5, row: UInt64(run))
            let truth = random.normal(mean: 0.1, standardDeviation: 0.3)
            let estimate = random.normal(mean: truth, standardDeviation: 0.2)
            let effect = try BayesianEffect(
                Estimate(value: estimate, standardError: 0.2), scale: .absolute, prior: prior, controlMean: 1)
            inside += effect.interval(.tenPercent).contains(truth) ? 1 : 0
            expectedWins += effect.chanceToWin
            wins += truth > 0 ? 1 : 0
        }
        #expect(isPlausible(inside, rate: 0.9))
        #expect(isPlausible(wins, rate: expectedWins / Double(TestScale.runs)))
    }
}
