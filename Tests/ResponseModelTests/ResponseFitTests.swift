import PythonOracle
import Randomness
import ResponseModel
import Testing

@Suite("Fits of planted responses")
struct ResponseFitTests {
    @Test("Planted coefficients are found, and errors are as large as they say: z-scores have mean 0 and deviation 1")
    func calibration() throws {
        let planted = try PlantedResponse()
        let width = planted.schema.columns.count
        var (sums, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        let runs = TestScale.runs
        for run in 0..<runs {
            let fit = try ResponseEstimation(
                planted.rows(800, seed: UInt64(run)), shapes: .fixed(PlantedResponse.shape)
            ).fit()
            let (coefficients, errors) = fit.plain
            for column in 0..<width {
                let z = (coefficients[column] - planted.response[column]) / errors[column]
                sums[column] += z
                squares[column] += z * z
            }
        }
        for (column, name) in planted.schema.columns.enumerated() {
            let mean = sums[column] / Double(runs)
            let variance = squares[column] / Double(runs) - mean * mean
            // Five deviations of chance, and what maximum likelihood is off with 800 rows: some twentieth of an error.
            #expect(abs(mean) <= 5 / Double(runs).squareRoot() + 0.1, "\(name): \(mean)")
            #expect(abs(variance.squareRoot() - 1) <= 5 / Double(2 * runs).squareRoot() + 0.05, "\(name): \(variance)")
        }
    }

    @Test("Responses and unsubscriptions that compete are both found, each among those who did not do the other")
    func competing() throws {
        var planted = try PlantedResponse()
        planted.unsubscribe = [-2, 0.2, 0.3, -0.2, 0.5, 0.4, -0.3]
        let rows = try planted.rows(8_000, seed: 77)
        for (outcome, truth) in [
            (ExposureRows.Outcome.response, planted.response), (.unsubscribe, try #require(planted.unsubscribe)),
        ] {
            let (coefficients, errors) = try ResponseEstimation(rows, of: outcome, shapes: .fixed(.usual)).fit().plain
            for (column, name) in planted.schema.columns.enumerated() {
                #expect(abs(coefficients[column] - truth[column]) <= 4.5 * errors[column], "\(outcome) \(name)")
            }
        }
    }

    @Test("One, two and seven workers, and none, give the same bytes")
    func workers() async throws {
        let rows = try PlantedResponse().rows(7_500, seed: 5)
        let grid = try ShapeGrid(halfLivesDays: [3, 7], halfSaturations: [1], slopes: [1, 2])
        let estimation = try ResponseEstimation(rows, shapes: grid)
        let alone = try estimation.fit()
        for workers in [1, 2, 7, 100] {
            let fit = try await estimation.fit(workers: workers)
            #expect(fit == alone)
            #expect(
                zip(fit.equation.coefficients, alone.equation.coefficients).allSatisfy {
                    $0.bitPattern == $1.bitPattern
                })
        }
    }

    @Test("The order of rows changes nothing but rounding")
    func order() throws {
        let planted = try PlantedResponse()
        let rows = try planted.rows(3_000, seed: 9)
        var random = RandomRow(seed: 9, stream: 2, row: 0)
        let fit = try ResponseEstimation(rows, shapes: .fixed(.usual)).fit()
        let shuffled = try ResponseEstimation(
            rows.inOrder(random.permutation(rows.count)), shapes: .fixed(.usual)
        ).fit()
        for (one, other) in zip(fit.equation.coefficients, shuffled.equation.coefficients) {
            #expect(isClose(one, other, tolerance: 1e-12, floor: 1))
        }
        for (one, other) in zip(fit.standardErrors, shuffled.standardErrors) {
            #expect(isClose(one, other, tolerance: 1e-12))
        }
        #expect(isClose(fit.figures.logLikelihood, shuffled.figures.logLikelihood, tolerance: 1e-12))
    }

    @Test("The search finds the likeliest shape of a small grid, as fits of all its shapes do")
    func shapes() throws {
        var planted = try PlantedResponse()
        planted.response[5] = 3
        let grid = try ShapeGrid(halfLivesDays: [1, 7, 28], halfSaturations: [0.5, 2], slopes: [1, 3])
        for seed in 0..<3 {
            let rows = try planted.rows(2_000, seed: UInt64(seed))
            let found = try ResponseEstimation(rows, shapes: grid).fit()
            var best: ResponseFit?
            for halfLife in grid.halfLivesDays {
                for halfSaturation in grid.halfSaturations {
                    for slope in grid.slopes {
                        let shape = try FrequencyShape(
                            halfLifeDays: halfLife, halfSaturation: halfSaturation, slope: slope)
                        let fit = try ResponseEstimation(rows, shapes: .fixed(shape)).fit()
                        if fit.figures.logLikelihood > best?.figures.logLikelihood ?? -.infinity { best = fit }
                    }
                }
            }
            let expected = try #require(best)
            #expect(found.equation.shape == expected.equation.shape)
            #expect(isClose(found.figures.logLikelihood, expected.figures.logLikelihood, tolerance: 1e-12))
        }
    }

    @Test("Equations drawn from a fit scatter about it by its covariance, and a row always draws the same one")
    func draws() throws {
        let planted = try PlantedResponse()
        let fit = try ResponseEstimation(planted.rows(1_000, seed: 3), shapes: .fixed(.usual)).fit()
        let traits = [TraitValue.number(0.7), .level(1)]
        func score(_ equation: ResponseEquation) -> Double {
            equation.traitScore(traits) + equation.contactScore(offer: 1, channel: 1)
                + equation.historyScore(stock: 2, recent: 3)
        }
        let count = 4_000
        var (sum, square) = (0.0, 0.0)
        let center = score(fit.equation)
        for row in 0..<count {
            var random = RandomRow(seed: 1, stream: 9, row: UInt64(row))
            let equation = fit.draw(&random)
            if row < 3 {
                var again = RandomRow(seed: 1, stream: 9, row: UInt64(row))
                #expect(fit.draw(&again) == equation)
            }
            let deviation = score(equation) - center
            sum += deviation
            square += deviation * deviation
        }
        let error = try fit.scoreError(traits: traits, offer: 1, channel: 1, stock: 2, recent: 3)
        let mean = sum / Double(count)
        #expect(abs(mean) <= 5 * error / Double(count).squareRoot())
        #expect(abs((square / Double(count)).squareRoot() / error - 1) <= 5 / Double(2 * count).squareRoot())
    }

    @Test("A fit that is put together again from its members is the same fit")
    func restored() throws {
        let fit = try ResponseEstimation(PlantedResponse().rows(500, seed: 4), shapes: .fixed(.usual)).fit()
        let equation = try ResponseEquation(
            schema: fit.equation.schema, scalings: fit.equation.scalings, shape: fit.equation.shape,
            coefficients: fit.equation.coefficients)
        #expect(try ResponseFit(equation: equation, information: fit.information, figures: fit.figures) == fit)
        #expect(throws: ResponseFailure.parameter("information")) {
            try ResponseFit(equation: equation, information: fit.information.map { -$0 }, figures: fit.figures)
        }
        #expect(throws: ResponseFailure.parameter("coefficients")) {
            try ResponseEquation(
                schema: equation.schema, scalings: equation.scalings, shape: equation.shape, coefficients: [1])
        }
    }

    @Test("A ridge draws coefficients to 0, the more the larger it is, and the intercept not at all")
    func ridge() throws {
        let rows = try PlantedResponse().rows(600, seed: 6)
        var sizes: [Double] = []
        for ridge in [0, 1, 100, 1e9] {
            let fit = try ResponseEstimation(rows, shapes: .fixed(.usual), ridge: ridge).fit()
            sizes.append(fit.equation.coefficients.dropFirst().reduce(0) { $0 + $1 * $1 })
            if ridge == 1e9 {
                let share = Double(fit.figures.eventCount) / Double(fit.figures.rowCount)
                let outcome = OutcomeProbabilities(responseScore: fit.equation.coefficients[0])
                #expect(isClose(outcome.response, share, tolerance: 1e-6))
            }
        }
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 > $1 })
    }
}
