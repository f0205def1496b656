import ExperimentsAPI
import ResultWords
import Testing

@Suite struct ResultWordsTests {
    @Test(
        "Numbers have as many digits as they need",
        arguments: [
            (0.0, "0"), (1.0, "1.000"), (12.345_67, "12.35"), (123_456.7, "123457"), (-0.5, "-0.5000"),
            (0.049_96, "0.0500"), (-0.000_021_34, "-2.1e-05"), (1e-300, "1e-300"), (1e20, "1e+20"), (-1e300, "-1e+300"),
            (.infinity, "inf"),
        ])
    func numbers(value: Double, text: String) { #expect(ResultWords.rounded(value) == text) }

    @Test("Shares are in per cent, with one decimal, and none of them is minus nothing")
    func percent() {
        #expect(ResultWords.percent(0.1234) == "12.3 %")
        #expect(ResultWords.percent(-0.0004) == "0.0 %")
        #expect(ResultWords.percent(-0.056) == "-5.6 %")
        #expect(ResultWords.percent(1e20) == "1e+22 %")
    }

    @Test("A probability that four decimals would not show is below what they show")
    func probability() {
        #expect(ResultWords.probability(0.000_01) == "< 0.0001")
        #expect(ResultWords.equation(0.000_01) == "p < 0.0001" && ResultWords.equation(0.5) == "p = 0.5000")
        #expect(ResultWords.probability(0) == "0" && ResultWords.probability(0.03) == "0.0300")
    }

    @Test("An effect has its sign, and per cent where it is relative")
    func effects() {
        #expect(ResultWords.effect(0.1, .relative) == "+10.0 %" && ResultWords.effect(-2, .absolute) == "-2.000")
        #expect(ResultWords.interval(EffectInterval(lower: -0.01, upper: 0.2), .relative) == "-1.0 % to +20.0 %")
    }

    @Test("A variant without a figure says why, and one without a relative effect as well")
    func missing() {
        let arm = ArmResult(variant: "new", notEnoughData: "needs 2 units and has 0")
        #expect(ResultWords.missing(arm) == "new: needs 2 units and has 0.")
        #expect(ResultWords.missing(ArmResult(variant: "new")).contains("the control may be 0"))
    }

    @Test("What can be found is a size without a sign, with what is missing behind it")
    func power() {
        let effect = EffectSize(absolute: 0.02, relative: 0.1)
        #expect(ResultWords.size(effect, .relative) == "10.0 %" && ResultWords.size(effect, .absolute) == "0.0200")
        #expect(ResultWords.size(EffectSize(absolute: 0.02), .relative) == nil)
        let arm = ArmPower(variant: "new", summary: "40 more units find it.", effect: effect)
        #expect(
            ResultWords.power(arm, .relative, power: 0.8)
                == "An effect of 10.0 % would have been found by now with a probability of 80.0 %. "
                + "40 more units find it.")
        let unknown = ArmPower(variant: "new", summary: "Too little is known.", notEnoughData: "needs 100 units")
        #expect(ResultWords.power(unknown, .relative, power: 0.8) == "Too little is known.")
    }
}
