import PythonOracle
import Statistics
import Testing

/// The rules and intervals that other simulations leave out.
@Suite("Simulated rules and intervals")
struct RuleSimulationTests {
    @Test("What is worse by just the margin is shown to be no worse in 2.5 % of the runs, and ships as seldom")
    func nonInferiority() throws {
        let half = try #require(SignificanceLevel(alpha: 0.025))
        for margin in [NonInferiority.Margin.absolute(0.5), .relative(0.1)] {
            var generator = SeededGenerator(seed: 61)
            var (shown, shipped) = (0, 0)
            for _ in 0..<TestScale.runs {
                let comparison = try Comparison(
                    treatment: Moments((0..<120).map { _ in 4.5 + normal(&generator) }),
                    control: Moments((0..<90).map { _ in 5 + normal(&generator) }))
                let answer = try NonInferiority(comparison, margin: margin, direction: .higherIsBetter, level: half)
                shown += answer.isShown ? 1 : 0
                let isAbsolute = margin == .absolute(0.5)
                let decision = ExperimentDecision(
                    ExperimentEvidence(
                        metrics: [
                            .init(name: "goal", role: .goal, interval: Interval(lower: 1, upper: 2)),
                            .init(
                                name: "guardrail", role: .guardrail(margin: isAbsolute ? 0.5 : 0.1),
                                interval: isAbsolute
                                    ? comparison.absolute.interval() : comparison.relativeInterval().bounds),
                        ], hasEnded: true, countsAtAnyTime: false, sampleRatioPValue: 0.5))
                #expect((decision.verdict == .ship) == answer.isShown)
                shipped += decision.verdict == .ship ? 1 : 0
            }
            #expect(isPlausible(shown, rate: 0.025), "\(margin)")
            #expect(isPlausible(shipped, rate: 0.025), "\(margin)")
        }
    }

    @Test("Group-sequential intervals of all looks together hold the truth in 95 % of the runs")
    func groupSequential() throws {
        for spending in [AlphaSpending.obrienFleming, .pocock] {
            let bounds = try #require(GroupSequentialTest(spending: spending)?.looks(at: [0.2, 0.4, 0.6, 0.8, 1]))
            for effect in [0, 0.3] {
                let missed = runs { run in
                    let experiment = SimulatedExperiment(run: run, effect: effect, looks: 5, batch: 200)
                    return zip(experiment.looks, bounds).contains { !$1.interval(of: $0.estimate).contains(effect) }
                }
                #expect(isPlausible(missed, rate: 0.05), "\(spending) \(effect)")
            }
        }
    }

    @Test("Of few successes the score test alarms, and Newcombe's interval misses, in no more than 5 % of the runs")
    func fewSuccesses() throws {
        var generator = SeededGenerator(seed: 62)
        func successes(_ rate: Double, of count: Int) throws -> Proportion {
            let successes = (0..<count).count { _ in Double.random(in: 0..<1, using: &generator) < rate }
            return try #require(Proportion(successes: successes, of: count))
        }
        for (count, rate, other, otherRate) in [
            (200, 0.02, 300, 0.02), (150, 0.01, 150, 0.04), (120, 0.03, 80, 0.03), (60, 0.95, 80, 0.9),
        ] {
            var (alarms, missed) = (0, 0)
            for _ in 0..<TestScale.runs {
                let comparison = ProportionComparison(
                    treatment: try successes(rate, of: count), control: try successes(otherRate, of: other))
                // All units of both arms alike: no test, and no alarm.
                alarms += (try? comparison.pValue()).map { $0 < 0.05 ? 1 : 0 } ?? 0
                missed += comparison.interval().contains(rate - otherRate) ? 0 : 1
            }
            if rate == otherRate { #expect(isAtMost(alarms, rate: 0.05), "\(rate) of \(count)") }
            #expect(isAtMost(missed, rate: 0.05), "\(rate) and \(otherRate)")
        }
    }

    @Test("Corrected intervals hold each effect at least as often as they say, whichever of them are 0")
    func correctedIntervals() {
        for method in PValueAdjustment.allCases {
            var generator = SeededGenerator(seed: 63)
            let effects = (0..<8).map { $0 < 4 ? 0 : Double($0) }
            var missed = Array(repeating: 0, count: effects.count)
            for _ in 0..<TestScale.runs {
                let estimates = effects.map { Estimate(value: $0 + normal(&generator), standardError: 1) }
                let adjusted = method.adjust(estimates.map { $0.pValue() })
                for (index, effect) in effects.enumerated() {
                    let interval = adjusted[index]?.interval(of: estimates[index])
                    missed[index] += interval?.contains(effect) == true ? 0 : 1
                }
            }
            for count in missed { #expect(isAtMost(count, rate: 0.05), "\(method)") }
        }
    }

    @Test("Quantiles of events whose units are clusters have intervals that hold the truth as often as they say")
    func clusteredQuantiles() throws {
        var generator = SeededGenerator(seed: 64)
        func arm(_ shift: Double) throws -> QuantileEstimate {
            let units = (0..<150).map { _ -> [Double] in
                let common = normal(&generator)
                return (0..<(1 + generator.below(4))).map { _ in
                    shift + (common + normal(&generator)) / 2.0.squareRoot()
                }
            }
            let ordered = OrderedValues(units.flatMap(\.self))
            let quantile = ordered.quantile(0.75)
            let clusters = CrossMoments(rows: [
                units.map { Double($0.count { $0 <= quantile }) }, units.map { Double($0.count) },
            ])
            return try QuantileEstimate(ordered, share: 0.75, clusters: clusters)
        }
        let covered = try runs { _ in
            try Comparison(treatment: arm(0.5), control: arm(0)).absolute.interval().contains(0.5)
        }
        #expect(isPlausible(covered, rate: 0.95))
    }
}

extension RelativeInterval {
    /// nil where it has none.
    fileprivate var bounds: Interval? { if case .bounded(let bounds) = self { bounds } else { nil } }
}
