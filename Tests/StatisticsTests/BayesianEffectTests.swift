import Statistics
import Testing

@Suite("Bayesian effects")
struct BayesianEffectTests {
    private func effect(
        _ estimate: Double, _ error: Double, _ scale: EffectScale, prior: BayesianEffect.Prior? = nil,
        controlMean: Double = 1, direction: Direction = .higherIsBetter
    ) throws -> BayesianEffect {
        try BayesianEffect(
            Estimate(value: estimate, standardError: error), scale: scale, prior: prior, controlMean: controlMean,
            direction: direction)
    }

    @Test("Fault 4: an absolute prior is applied, and differs from a relative one by the control's mean")
    func absolutePrior() throws {
        let absolute = try #require(BayesianEffect.Prior(mean: 0.5, standardDeviation: 1, scale: .absolute))
        let relative = try #require(BayesianEffect.Prior(mean: 0.05, standardDeviation: 0.1, scale: .relative))
        // Equal precisions: the posterior lies half way.
        let byAbsolute = try effect(1.5, 1, .absolute, prior: absolute)
        #expect(abs(byAbsolute.mean - 1) < 1e-15 && abs(byAbsolute.standardDeviation - 0.5.squareRoot()) < 1e-15)
        let byRelative = try effect(1.5, 1, .absolute, prior: relative, controlMean: -10)
        #expect(abs(byRelative.mean - byAbsolute.mean) < 1e-14)
        let onRelative = try effect(0.15, 0.1, .relative, prior: absolute, controlMean: 10)
        #expect(abs(onRelative.mean - 0.1) < 1e-15)
        #expect(try effect(1.5, 1, .absolute).mean == 1.5)
    }

    @Test("A certain prior hides the data, a vague one leaves them, and neither overflows")
    func extremePriors() throws {
        let certain = try #require(BayesianEffect.Prior(mean: 0, standardDeviation: 1e-200, scale: .absolute))
        let vague = try #require(BayesianEffect.Prior(mean: 0, standardDeviation: 1e200, scale: .absolute))
        #expect(abs(try effect(3, 1, .absolute, prior: certain).mean) < 1e-100)
        #expect(try effect(3, 1, .absolute, prior: vague).mean == 3)
    }

    @Test("Chances and losses of a variant far ahead are small numbers, not 0 and 1 less nothing")
    func farAhead() throws {
        let ahead = try effect(20, 1, .absolute)
        #expect(ahead.chanceToWin == 1 && ahead.chanceToLose > 2.7e-89 && ahead.chanceToLose < 2.8e-89)
        #expect(ahead.expectedLoss > 0 && ahead.expectedLoss < 2e-90)
        #expect(abs(ahead.expectedLossOfControl - 20) < 1e-14)
        let less = try effect(20, 1, .absolute, direction: .lowerIsBetter)
        #expect(less.chanceToWin == ahead.chanceToLose && less.expectedLossOfControl == ahead.expectedLoss)
    }

    @Test("No variance, no number, and a prior without the mean it needs have no posterior")
    func unfit() throws {
        let prior = try #require(BayesianEffect.Prior(mean: 0, standardDeviation: 0.3, scale: .relative))
        #expect(throws: NotEnoughData.noVariance) { try effect(1, 0, .absolute) }
        #expect(throws: NotEnoughData.notFinite) { try effect(.nan, 1, .absolute) }
        #expect(throws: NotEnoughData.controlMeanIsZero) { try effect(1, 1, .absolute, prior: prior, controlMean: 0) }
        #expect(throws: NotEnoughData.notFinite) { try effect(1, 1, .absolute, prior: prior, controlMean: .nan) }
        for (mean, deviation) in [(0.0, 0.0), (0, -1), (0, .nan), (0, .infinity), (.nan, 1)] {
            #expect(BayesianEffect.Prior(mean: mean, standardDeviation: deviation, scale: .absolute) == nil)
        }
    }
}
