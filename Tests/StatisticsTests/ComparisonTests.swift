import Statistics
import Testing

@Suite("Comparisons of means, ratios and proportions")
struct ComparisonTests {
    private static let error = 1e-9

    @Test("scipy's Welch test, gbstats' relative effects, and Fieller's interval by search")
    func means() throws {
        let figures = try GoldenFigures("effects")
        func comparison(_ line: GoldenFigures.Line) throws -> Comparison {
            try Comparison(
                treatment: Moments(figures.sample(line.arguments[0])),
                control: Moments(figures.sample(line.arguments[1])))
        }
        try figures.expect("welch.", relative: Self.error) { line in
            let effect = try comparison(line).absolute
            return switch line.name {
            case "welch.twoSided": effect.pValue()
            case "welch.greater": effect.pValue(.greater)
            case "welch.less": effect.pValue(.less)
            case "welch.statistic": effect.statistic()
            case "welch.degreesOfFreedom": effect.degreesOfFreedom
            case "welch.lower90": effect.interval(.tenPercent).lower
            case "welch.upper90": effect.interval(.tenPercent).upper
            default: nil
            }
        }
        try figures.expect("relative.", relative: Self.error) { line in
            let effect = try comparison(line).relative()
            return switch line.name {
            case "relative.value": effect.value
            case "relative.standardError": effect.standardError
            case "relative.pValue": effect.pValue()
            case "relative.lower95": effect.interval().lower
            case "relative.upper95": effect.interval().upper
            default: nil
            }
        }
        try figures.expect("fieller.", relative: Self.error) { line in
            let level: SignificanceLevel = line.name.hasSuffix("90") ? .tenPercent : .onePercent
            guard case .bounded(let interval) = try comparison(line).relativeInterval(level) else { return nil }
            return line.name.hasPrefix("fieller.lower") ? interval.lower : interval.upper
        }
        try figures.expect("nonInferiority.", relative: Self.error) { line in
            try NonInferiority(
                comparison(line), margin: .absolute(line.number(2)),
                direction: line.name.hasSuffix("higher") ? .higherIsBetter : .lowerIsBetter
            ).pValue
        }
    }

    @Test("gbstats' and tea-tasting's ratio metrics, and statsmodels' cluster-robust errors")
    func ratios() throws {
        let figures = try GoldenFigures("effects")
        func pairs(_ first: String, _ second: String) throws -> CrossMoments {
            CrossMoments(rows: [try figures.sample(first), try figures.sample(second)])
        }
        try figures.expect("ratio.", relative: Self.error) { line in
            let comparison = try Comparison(
                treatment: pairs(line.arguments[0] + ".revenue", line.arguments[0] + ".orders"),
                control: pairs(line.arguments[1] + ".revenue", line.arguments[1] + ".orders"),
                metric: .ratio(0, by: 1))
            let effect = line.name.hasPrefix("ratio.absolute") ? comparison.absolute : try comparison.relative()
            return switch line.name.split(separator: ".").last {
            case "value": effect.value
            case "standardError": effect.standardError
            case "pValue": effect.pValue()
            case "lower95": effect.interval().lower
            case "upper95": effect.interval().upper
            default: nil
            }
        }
        try figures.expect("clustered.", relative: Self.error) { line in
            let arm = try pairs(line.arguments[0] + ".sums", line.arguments[0] + ".sizes")
            let comparison = try Comparison(treatment: arm, control: arm, metric: .ratio(0, by: 1))
            return line.name == "clustered.mean"
                ? comparison.treatmentMean : comparison.treatmentVariance.squareRoot()
        }
    }

    @Test("statsmodels' proportions: score test, Wilson's and Newcombe's intervals")
    func proportions() throws {
        try GoldenFigures("effects").expect("proportion.", relative: Self.error, absolute: 1e-12) { line in
            let numbers = line.numbers.map { Int($0) }
            let comparison = ProportionComparison(
                treatment: try #require(Proportion(successes: numbers[0], of: numbers[1])),
                control: try #require(Proportion(successes: numbers[2], of: numbers[3])))
            return switch line.name {
            case "proportion.score": try comparison.scoreStatistic()
            case "proportion.pValue": try comparison.pValue()
            case "proportion.wilson.lower90": comparison.treatment.interval(.tenPercent).lower
            case "proportion.wilson.upper90": comparison.treatment.interval(.tenPercent).upper
            case "proportion.newcombe.lower95": comparison.interval().lower
            case "proportion.newcombe.upper95": comparison.interval().upper
            default: nil
            }
        }
    }

    @Test("statsmodels' fit within and across strata")
    func strata() throws {
        let figures = try GoldenFigures("effects")
        let strata = try (0..<3).map {
            (treatment: Moments(try figures.sample("s\($0)t")), control: Moments(try figures.sample("s\($0)c")))
        }
        let effect = try Comparison(strata: strata).absolute
        try figures.expect("strata.", relative: Self.error) {
            $0.name == "strata.value" ? effect.value : effect.standardError
        }
        #expect(try Comparison(strata: Array(strata.reversed())).absolute.isNear(effect))
        #expect(try Comparison(strata: strata + [(Moments(), Moments())]).absolute == effect)
        // One stratum is Welch's test.
        let welch = try Comparison(treatment: strata[0].treatment, control: strata[0].control)
        let single = try Comparison(strata: [strata[0]])
        #expect(single.absolute.isNear(welch.absolute))
        #expect(try single.relative().isNear(welch.relative()))
    }

    @Test("Arms exchanged turn the sign, and a scaled metric has a scaled effect and the same p-value")
    func symmetryAndScale() throws {
        var generator = SeededGenerator(seed: 11)
        let t = (0..<90).map { _ in 10 + normal(&generator) }
        let c = (0..<60).map { _ in 11 + 2 * normal(&generator) }
        let there = try Comparison(treatment: Moments(t), control: Moments(c))
        let back = try Comparison(treatment: Moments(c), control: Moments(t))
        #expect(there.absolute.value == -back.absolute.value)
        #expect(abs(there.absolute.pValue() / back.absolute.pValue() - 1) < 1e-12)
        let scaled = try Comparison(treatment: Moments(t.map { $0 * 1e6 }), control: Moments(c.map { $0 * 1e6 }))
        #expect(abs(scaled.absolute.value / there.absolute.value / 1e6 - 1) < 1e-12)
        #expect(abs(scaled.absolute.pValue() / there.absolute.pValue() - 1) < 1e-9)
        #expect(abs(try scaled.relative().standardError / there.relative().standardError - 1) < 1e-12)
    }

    @Test("Fieller's interval excludes no effect exactly where the test of the absolute effect does")
    func fiellerAgreesWithTheTest() throws {
        var generator = SeededGenerator(seed: 12)
        var rejected = 0
        for _ in 0..<400 {
            let mean = Double.random(in: 0..<4, using: &generator)
            let t = Moments((0..<15).map { _ in mean + 1 + normal(&generator) })
            let c = Moments((0..<12).map { _ in mean + 2 * normal(&generator) })
            let comparison = try Comparison(treatment: t, control: c)
            let isRejected = comparison.absolute.pValue() < 0.05
            #expect(comparison.relativeInterval().contains(0) == !isRejected)
            rejected += isRejected ? 1 : 0
        }
        #expect((50..<350).contains(rejected))
    }

    @Test("Where the control's mean may be zero, a relative effect has no bounds")
    func unboundedFieller() throws {
        let nearZero = Moments(count: 50, mean: 0.01, variance: 4)
        let far = try Comparison(treatment: Moments(count: 50, mean: 9, variance: 4), control: nearZero)
        guard case .outside(let gap) = far.relativeInterval() else {
            Issue.record("\(far.relativeInterval())")
            return
        }
        #expect(gap.lower < gap.upper)
        #expect(far.relativeInterval().contains(1e9))
        #expect(far.relativeInterval().contains(-1e9))
        let nothing = try Comparison(treatment: nearZero, control: nearZero)
        #expect(nothing.relativeInterval() == .everything)
    }

    @Test("A p-value a thousand standard errors out is a number's logarithm away from 0, not a difference from 1")
    func farTails() throws {
        let comparison = try Comparison(
            treatment: Moments(count: 1_000_000, mean: 0.0143, variance: 0.5),
            control: Moments(count: 1_000_000, mean: 0, variance: 0.5))
        #expect(abs(comparison.absolute.statistic() - 14.3) < 1e-9)
        #expect((2.1e-46...2.4e-46).contains(comparison.absolute.pValue()))
        #expect(comparison.absolute.pValue(.less) == 1)
    }

    @Test("A mean of a hundred million does not hide a difference of a tenth")
    func largeMean() throws {
        var generator = SeededGenerator(seed: 13)
        let t = (0..<10_000).map { _ in normal(&generator) }
        let c = (0..<10_000).map { _ in normal(&generator) }
        let there = try Comparison(
            treatment: Moments(t.map { 1e8 + 0.1 + $0 }), control: Moments(c.map { 1e8 + $0 })
        ).absolute
        let here = try Comparison(treatment: Moments(t.map { 0.1 + $0 }), control: Moments(c)).absolute
        #expect(abs(there.value - here.value) < 1e-7)
        #expect(abs(there.standardError / here.standardError - 1) < 1e-6)
        #expect(abs(there.standardError - 0.01414) < 3e-4)
    }

    @Test("What cannot be told is said, and not a number")
    func notEnoughData() {
        let some = Moments([1, 2, 4])
        func reason(_ treatment: Moments, _ control: Moments) -> NotEnoughData? {
            do {
                _ = try Comparison(treatment: treatment, control: control)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason(Moments(), some) == .tooFewUnits(have: 0, need: 2))
        #expect(reason(some, Moments([1])) == .tooFewUnits(have: 1, need: 2))
        #expect(reason(Moments([2, 2, 2]), Moments([0.1, 0.1])) == .noVariance)
        #expect(reason(some, Moments([1, .nan, 2])) == .notFinite)
        #expect(reason(Moments([.infinity, 1]), some) == .notFinite)
        #expect(reason(some, Moments([3, 3, 3])) == nil)
        // Numbers whose squares leave the range of a Double.
        #expect(reason(Moments([1e160, 2e160]), some) == .notFinite)
        #expect(reason(Moments([1e-170, 2e-170]), Moments([1e-170, 3e-170])) == .noVariance)
        #expect(reason(Moments([1e-120, 2e-120]), Moments([1e-120, 3e-120])) == nil)
        #expect(throws: NotEnoughData.controlMeanIsZero) {
            try Comparison(treatment: some, control: Moments([-1, 1])).relative()
        }
        #expect(throws: NotEnoughData.noVariance) {
            // All of the treatment is 0: to first order the relative effect of -1 does not vary, which is not certainty.
            try Comparison(treatment: Moments([0, 0, 0]), control: some).relative()
        }
        #expect(throws: NotEnoughData.denominatorIsZero) {
            let empty = CrossMoments(rows: [[1, 2, 3], [0, 0, 0]])
            _ = try Comparison(treatment: empty, control: empty, metric: .ratio(0, by: 1))
        }
        #expect(throws: NotEnoughData.noVariance) {
            try ProportionComparison(
                treatment: #require(Proportion(successes: 0, of: 5)),
                control: #require(Proportion(successes: 0, of: 7))
            ).pValue()
        }
        #expect(Proportion(successes: 3, of: 2) == nil)
        #expect(Proportion(successes: 0, of: 0) == nil)
        #expect(SignificanceLevel(alpha: 0) == nil)
        #expect(SignificanceLevel(alpha: 1) == nil)
        #expect(SignificanceLevel(alpha: .nan) == nil)
    }

    @Test("A guardrail passes by evidence, not by a small experiment, and knows which way is worse")
    func nonInferiority() throws {
        func arms(_ count: Int, _ treatment: Double) throws -> Comparison {
            try Comparison(
                treatment: Moments(count: count, mean: treatment, variance: 25),
                control: Moments(count: count, mean: 100, variance: 25))
        }
        let margin = NonInferiority.Margin.relative(0.01)
        #expect(try !NonInferiority(arms(20, 100), margin: margin, direction: .higherIsBetter).isShown)
        #expect(try NonInferiority(arms(2_000, 100), margin: margin, direction: .higherIsBetter).isShown)
        #expect(try !NonInferiority(arms(2_000, 99), margin: margin, direction: .higherIsBetter).isShown)
        #expect(try NonInferiority(arms(2_000, 99), margin: margin, direction: .lowerIsBetter).isShown)
        #expect(try !NonInferiority(arms(2_000, 101), margin: margin, direction: .lowerIsBetter).isShown)
        // Of a loss, less loss is better.
        func losses(_ treatment: Double) throws -> Comparison {
            try Comparison(
                treatment: Moments(count: 2_000, mean: treatment, variance: 25),
                control: Moments(count: 2_000, mean: -100, variance: 25))
        }
        #expect(try NonInferiority(losses(-99), margin: margin, direction: .higherIsBetter).isShown)
        #expect(try NonInferiority(losses(-99), margin: margin, direction: .higherIsBetter).bound > 0)
        #expect(try !NonInferiority(losses(-101), margin: margin, direction: .higherIsBetter).isShown)
        #expect(try !NonInferiority(losses(-99), margin: margin, direction: .lowerIsBetter).isShown)
        #expect(try NonInferiority(losses(-101), margin: margin, direction: .lowerIsBetter).isShown)
        // The bound is where the test turns.
        for direction in Direction.allCases {
            let result = try NonInferiority(arms(500, 100.1), margin: margin, direction: direction)
            #expect(abs(result.bound) > 0)
            let again = try NonInferiority(
                arms(500, 100.1), margin: .relative(abs(result.bound)), direction: direction)
            #expect(abs(again.pValue - 0.05) < 1e-9)
            let absolute = try NonInferiority(arms(500, 100.1), margin: .absolute(1), direction: direction)
            let turned = try NonInferiority(
                arms(500, 100.1), margin: .absolute(abs(absolute.bound)), direction: direction)
            #expect(abs(turned.pValue - 0.05) < 1e-9)
        }
    }
}

extension Estimate {
    func isNear(_ other: Estimate) -> Bool {
        abs(value - other.value) <= 1e-12 * abs(other.value)
            && abs(standardError / other.standardError - 1) < 1e-12
            && abs(degreesOfFreedom / other.degreesOfFreedom - 1) < 1e-12
    }
}

extension CrossMoments {
    /// - Parameter rows: the values of each variable, unit by unit.
    init(rows: [[Double]]) {
        self.init(variableCount: rows.count)
        for unit in rows[0].indices { add(rows.map { $0[unit] }) }
    }
}
