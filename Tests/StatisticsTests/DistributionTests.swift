import Statistics
import Testing

@Suite("Distributions")
struct DistributionTests {
    @Test("mpmath's figures at fifty digits, from the middle to the far tails")
    func golden() throws {
        let figures = try GoldenFigures("distributions")
        #expect(figures.lines.count > 400)
        for line in figures.lines {
            let x = line.numbers
            let value =
                switch line.name {
                case "normal.survival": Normal.survival(x[0])
                case "normal.logSurvival": Normal.logSurvival(x[0])
                case "normal.upperQuantile": Normal.upperQuantile(x[0])
                case "studentT.survival": StudentT(degreesOfFreedom: x[0]).survival(x[1])
                case "studentT.upperQuantile": StudentT(degreesOfFreedom: x[0]).upperQuantile(x[1])
                case "chiSquared.survival": ChiSquared(degreesOfFreedom: x[0]).survival(x[1])
                case "gamma.lower": Gamma.regularizedLower(x[0], x[1])
                case "gamma.upper": Gamma.regularizedUpper(x[0], x[1])
                case "gamma.logarithm": Gamma.logarithm(x[0])
                case "beta": Beta.regularized(x[2], x[0], x[1])
                case "fisherF.survival": FisherF(numerator: x[0], denominator: x[1]).survival(x[2])
                default: Double.nan
                }
            let error = line.name == "studentT.upperQuantile" ? 1e-11 : 1e-12
            #expect(abs(value / line.figure - 1) < error, "\(value) instead of \(line.text)")
        }
    }

    @Test("The p-value of t = 14.3 is not 0")
    func farTail() {
        // 2·(1 - cdf) is 0 from 8.3 on.
        #expect((2.1e-46...2.3e-46).contains(StudentT(degreesOfFreedom: .infinity).twoSided(14.3)))
        #expect(StudentT(degreesOfFreedom: 1e6).twoSided(30) > 0)
        #expect(StudentT(degreesOfFreedom: 1e6).logSurvival(100).isFinite)
    }

    @Test("Quantiles undo distribution functions")
    func quantiles() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let p = Double.random(in: 0..<1, using: &generator)
            #expect(abs(Normal.cumulative(Normal.quantile(p)) - p) < 1e-14)
            let t = StudentT(degreesOfFreedom: Double.random(in: 0.6..<200, using: &generator))
            #expect(abs(t.cumulative(t.quantile(p)) - p) < 1e-13)
        }
        #expect(Normal.quantile(0.5) == 0)
        #expect(Normal.quantile(0) == -.infinity)
        #expect(Normal.quantile(1) == .infinity)
        #expect(Normal.quantile(1.1).isNaN)
        #expect(StudentT(degreesOfFreedom: 3).quantile(0.5) == 0)
    }

    @Test("Tails are symmetric, and the two sum to one")
    func symmetry() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let x = 4 * normal(&generator)
            let t = StudentT(degreesOfFreedom: Double.random(in: 0.6..<1e5, using: &generator))
            #expect(abs(t.survival(x) + t.survival(-x) - 1) < 1e-15)
            #expect(t.cumulative(x) == t.survival(-x))
            let a = Double.random(in: 0.1..<300, using: &generator)
            let b = Double.random(in: 0.1..<300, using: &generator)
            let p = Double.random(in: 0..<1, using: &generator)
            #expect(abs(Beta.regularized(p, a, b) + Beta.regularized(1 - p, complement: p, b, a) - 1) < 1e-12)
            #expect(abs(Gamma.regularizedLower(a, b) + Gamma.regularizedUpper(a, b) - 1) < 1e-14)
        }
    }

    @Test("What is out of range is NaN, and what is infinite has no tail")
    func edges() {
        #expect(Gamma.regularizedLower(-1, 2).isNaN)
        #expect(Gamma.regularizedUpper(1, -2).isNaN)
        #expect(Gamma.regularizedUpper(1, .infinity) == 0)
        #expect(Beta.regularized(1.5, 1, 1).isNaN)
        #expect(Beta.regularized(0, 1, 1) == 0)
        #expect(Beta.regularized(1, 1, 1) == 1)
        #expect(StudentT(degreesOfFreedom: 3).survival(.nan).isNaN)
        #expect(StudentT(degreesOfFreedom: 3).survival(.infinity) == 0)
        #expect(ChiSquared(degreesOfFreedom: 3).survival(0) == 1)
        #expect(FisherF(numerator: 1, denominator: 2).survival(.infinity) == 0)
    }
}
