import Statistics
import Testing

@Suite("Adjustment by covariates")
struct CovariateTests {
    @Test("statsmodels' least squares fit of metric ~ arm + covariates")
    func leastSquares() throws {
        let figures = try GoldenFigures("effects")
        func arm(_ name: String) throws -> CrossMoments {
            CrossMoments(rows: try ["y", "x", "z"].map { try figures.sample("\(name).\($0)") })
        }
        func comparison(_ line: GoldenFigures.Line, _ count: Int) throws -> Comparison {
            try Comparison(
                treatment: arm(line.arguments[0]), control: arm(line.arguments[1]),
                covariates: (1...count).map { .mean($0) })
        }
        for count in 1...2 {
            try figures.expect("cuped.value\(count)", relative: 1e-9) { try comparison($0, count).absolute.value }
            // Of arms of the same size the fit's own error.
            try figures.expect("cuped.standardError\(count)", relative: 1e-9) {
                try comparison($0, count).absolute.standardError
            }
            for i in 0..<count {
                try figures.expect("cuped.coefficient\(count)\(i)", relative: 1e-9) {
                    try comparison($0, count).adjustment?.coefficients[i]
                }
            }
        }
        try figures.expect("cuped.relative.value", relative: 1e-9) { try comparison($0, 1).relative().value }
        // The oracle's is of first order: without the coefficient's own error, and the degree of freedom it costs.
        try figures.expect("cuped.relative.firstOrder", relative: 0.03) { line in
            let error = try comparison(line, 1).relative().standardError
            #expect(error > line.figure)
            return error
        }
    }

    @Test("With a correlation of 0.7 the variance is cut by half, and by nothing with a covariate that tells nothing")
    func varianceCut() throws {
        var generator = SeededGenerator(seed: 21)
        func arm(_ correlation: Double) -> CrossMoments {
            var moments = CrossMoments(variableCount: 2)
            for _ in 0..<20_000 {
                let x = normal(&generator)
                moments.add([
                    correlation * x + (1 - correlation * correlation).squareRoot() * normal(&generator), x,
                ])
            }
            return moments
        }
        let half = try Comparison(treatment: arm(0.7), control: arm(0.7), covariates: [.mean(1)])
        #expect(abs(try #require(half.adjustment).varianceCut - 0.49) < 0.015)
        let nothing = try Comparison(treatment: arm(0), control: arm(0), covariates: [.mean(1)])
        #expect(abs(try #require(nothing.adjustment).varianceCut) < 0.001)
        #expect(half.assumptions.contains(.covariatesPrecedeExposure))
    }

    @Test("Constant, repeated and combined covariates change nothing")
    func redundantCovariates() throws {
        var generator = SeededGenerator(seed: 22)
        func arm(_ count: Int, _ lift: Double) -> CrossMoments {
            var moments = CrossMoments(variableCount: 5)
            for _ in 0..<count {
                let (x, z) = (normal(&generator), normal(&generator))
                moments.add([lift + x + z + normal(&generator), x, 3, z, 0.1 * x + 0.7 * z])
            }
            return moments
        }
        var (treatment, control) = (arm(60, 1), arm(80, 0))
        func comparison(_ covariates: [Int]) throws -> Comparison {
            try Comparison(treatment: treatment, control: control, covariates: covariates.map { .mean($0) })
        }
        for _ in 0..<20 {
            (treatment, control) = (arm(60, 1), arm(80, 0))
            let two = try comparison([1, 3])
            for more in [[1, 2, 3], [1, 1, 3], [1, 3, 4], [2, 1, 4, 3, 3]] {
                let same = try comparison(more)
                #expect(abs(same.absolute.value - two.absolute.value) < 1e-9)
                #expect(abs(same.absolute.standardError / two.absolute.standardError - 1) < 1e-9)
            }
        }
        #expect(try comparison([2]).absolute.isNear(comparison([]).absolute))
        // A metric that the covariates tell entirely has no variance left to judge chance by.
        #expect(throws: NotEnoughData.noVariance) {
            try Comparison(treatment: treatment, control: control, metric: .mean(4), covariates: [.mean(1), .mean(3)])
        }
        #expect(throws: NotEnoughData.tooFewUnits(have: 4, need: 5)) {
            try Comparison(treatment: arm(2, 0), control: arm(2, 0), covariates: [.mean(1), .mean(3)])
        }
    }

    @Test("The error of a relative effect with covariates is the spread that repeated experiments show")
    func relativeErrorBySimulation() throws {
        // The treatment doubles the metric, so that the covariates' mean, to which both arms are adjusted, moves the
        // effect as well. A formula that takes the two means to be independent states an error 15 % too small.
        var generator = SeededGenerator(seed: 23)
        let runs = 1_500
        var (effects, errors, covered) = (Moments(), Moments(), 0)
        for _ in 0..<runs {
            func arm(_ lift: Double) -> CrossMoments {
                var moments = CrossMoments(variableCount: 2)
                for _ in 0..<120 {
                    let x = 4 + 2 * normal(&generator)
                    moments.add([lift + x + normal(&generator), x])
                }
                return moments
            }
            let comparison = try Comparison(treatment: arm(4), control: arm(0), covariates: [.mean(1)])
            let effect = try comparison.relative()
            effects.add(effect.value)
            errors.add(effect.standardError)
            covered += comparison.relativeInterval().contains(1) ? 1 : 0
        }
        let spread = effects.variance.squareRoot()
        // The spread of so many runs is known to 1 / √(2·runs), and that three times.
        #expect(abs(errors.mean / spread - 1) < 3 / (2 * Double(runs)).squareRoot())
        #expect(abs(effects.mean - 1) < 4 * spread / Double(runs).squareRoot())
        let band = 3 * (0.95 * 0.05 / Double(runs)).squareRoot()
        #expect(abs(Double(covered) / Double(runs) - 0.95) < band)
    }

    @Test("Both ends of Fieller's interval are where the test of that ratio turns, also for means that move together")
    func fiellerEnds() throws {
        var generator = SeededGenerator(seed: 25)
        func arm(_ lift: Double) -> CrossMoments {
            var moments = CrossMoments(variableCount: 2)
            for _ in 0..<30 {
                let x = 4 + 2 * normal(&generator)
                moments.add([lift + x + normal(&generator), x])
            }
            return moments
        }
        let comparison = try Comparison(treatment: arm(4), control: arm(0), covariates: [.mean(1)])
        #expect(comparison.covariance > 0.1 * comparison.controlVariance)
        guard case .bounded(let interval) = comparison.relativeInterval() else {
            Issue.record("unbounded")
            return
        }
        for end in [interval.lower, interval.upper] {
            #expect(abs(try comparison.contrast(ratio: 1 + end).pValue() - 0.05) < 1e-9)
        }
    }

    @Test("Ratios are adjusted by ratios of before")
    func ratioCovariates() throws {
        var generator = SeededGenerator(seed: 24)
        func arm(_ lift: Double) -> CrossMoments {
            var moments = CrossMoments(variableCount: 4)
            for _ in 0..<4_000 {
                let taste = 10 + 3 * normal(&generator)
                let (orders, before) = (Double(1 + generator.below(5)), Double(1 + generator.below(5)))
                moments.add([
                    orders * (taste + lift) + normal(&generator), orders, before * taste + normal(&generator), before,
                ])
            }
            return moments
        }
        let (treatment, control) = (arm(0.3), arm(0))
        let plain = try Comparison(treatment: treatment, control: control, metric: .ratio(0, by: 1))
        let adjusted = try Comparison(
            treatment: treatment, control: control, metric: .ratio(0, by: 1), covariates: [.ratio(2, by: 3)])
        #expect(try #require(adjusted.adjustment).varianceCut > 0.5)
        #expect(adjusted.absolute.interval(.onePercent).contains(0.3))
        #expect(adjusted.absolute.standardError < 0.72 * plain.absolute.standardError)
        #expect(adjusted.assumptions.contains(.linearRatio))
    }
}
