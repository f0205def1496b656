import PythonOracle
import Statistics
import Testing

@Suite("Arms compared within blocks, such as the phases of an experiment")
struct BlockTests {
    private func moments(_ rows: [[Double]]) -> CrossMoments {
        var moments = CrossMoments(variableCount: rows[0].count)
        for row in rows { moments.add(row) }
        return moments
    }

    @Test("Blocks weigh n·m / (n + m), as in the least squares fit on arm and block")
    func weights() throws {
        // Sizes 2 and 4, 3 and 3: weights 4/3 and 3/2, that is 8/17 and 9/17.
        let first = (treatment: moments([[1], [3]]), control: moments([[0], [2], [1], [1]]))
        let second = (treatment: moments([[10], [12], [14]]), control: moments([[7], [8], [12]]))
        let comparison = try Comparison(blocks: [first, second])
        #expect(isClose(comparison.absolute.value, (8 * 1 + 9 * 3) / 17.0, tolerance: 1e-14))
        #expect(isClose(comparison.treatmentMean, (8 * 2 + 9 * 12) / 17.0, tolerance: 1e-14))
        // Variances 2, 2/3, 4 and 7, by their sizes.
        let products: [Double] = [64, 128.0 / 12, 108, 189]
        let parts = products.map { $0 / 289 }
        let variance = parts.reduce(0, +)
        #expect(isClose(comparison.absolute.standardError, variance.squareRoot(), tolerance: 1e-14))
        let degrees: [Double] = [1, 3, 2, 2]
        let spread = zip(parts, degrees).reduce(0.0) { $0 + $1.0 * $1.0 / $1.1 }
        #expect(isClose(comparison.degreesOfFreedom, variance * variance / spread, tolerance: 1e-13))
        #expect(comparison.assumptions.contains(.strataPrecedeExposure))
        #expect(comparison.treatmentCount == 5 && comparison.controlCount == 7)
    }

    @Test("A metric that drifts while the shares of the arms change moves nothing")
    func simpson() throws {
        var generator = SeededGenerator(seed: 41)
        func block(_ treated: Int, _ controls: Int, level: Double) -> Comparison.Block {
            func arm(_ count: Int) -> CrossMoments {
                moments(
                    (0..<count).map { _ in
                        let x = normal(&generator)
                        return [level + x + normal(&generator), level + x]
                    })
            }
            return (arm(treated), arm(controls))
        }
        let blocks = [block(100, 5_000, level: 0), block(5_000, 100, level: 10)]
        for covariates: [Quantity] in [[], [.mean(1)]] {
            let comparison = try Comparison(blocks: blocks, covariates: covariates)
            #expect(abs(comparison.absolute.statistic()) < 4)
            #expect(comparison.absolute.standardError < 0.2)
        }
        var together = blocks[0]
        together.treatment.merge(blocks[1].treatment)
        together.control.merge(blocks[1].control)
        let misled = try Comparison(treatment: together.treatment, control: together.control)
        #expect(misled.absolute.statistic() > 50)
    }

    @Test("Intervals of means, ratios and adjusted means over blocks hold the truth as often as they say")
    func coverage() throws {
        var generator = SeededGenerator(seed: 42)
        var missed = [0, 0, 0]
        for _ in 0..<TestScale.runs {
            var blocks: [Comparison.Block] = []
            for (level, sizes) in [(0.0, (20, 60)), (2.0, (50, 50)), (5.0, (70, 15))] {
                func arm(_ count: Int, _ lift: Double) -> CrossMoments {
                    moments(
                        (0..<count).map { _ in
                            let x = normal(&generator)
                            let (size, noise) = (5 + normal(&generator), normal(&generator))
                            return [
                                level + lift + x + normal(&generator), x + level, size * (2 + lift) + x + noise, size,
                            ]
                        })
                }
                blocks.append((arm(sizes.0, 0.3), arm(sizes.1, 0)))
            }
            let comparisons = try [
                Comparison(blocks: blocks), Comparison(blocks: blocks, covariates: [.mean(1)]),
                Comparison(blocks: blocks, metric: .ratio(2, by: 3), covariates: [.mean(1)]),
            ]
            for (index, comparison) in comparisons.enumerated() {
                if !comparison.absolute.interval().contains(0.3) { missed[index] += 1 }
            }
        }
        for missed in missed { #expect(isPlausible(missed, rate: 0.05), "\(missed)") }
    }

    @Test("A block of which an arm has one unit or none is no block, and no blocks are no comparison")
    func notEnough() {
        let two = moments([[1], [3]])
        #expect(throws: NotEnoughData.tooFewUnits(have: 1, need: 2)) {
            try Comparison(blocks: [(two, two), (two, moments([[1]]))])
        }
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 2)) { try Comparison(blocks: []) }
        let (pair, other) = (moments([[1, 1], [3, 2]]), moments([[1, 1], [7, 2]]))
        #expect(throws: Never.self) { try Comparison(blocks: [(pair, other), (pair, pair)], covariates: [.mean(1)]) }
    }

    @Test("Fieller's interval takes any engine's critical value, and leaves 0 out where the absolute one does")
    func fiellerOfEngines() throws {
        var generator = SeededGenerator(seed: 43)
        for _ in 0..<200 {
            func arm(_ lift: Double) -> CrossMoments { moments((0..<40).map { _ in [3 + lift + normal(&generator)] }) }
            let comparison = try Comparison(treatment: arm(0.5), control: arm(0))
            let reach = Double.random(in: 0.5..<4, using: &generator)
            guard case .bounded(let interval) = comparison.relativeInterval(criticalValue: reach) else {
                Issue.record("the control's mean is far from 0")
                continue
            }
            #expect(interval.contains(0) == (abs(comparison.absolute.statistic()) <= reach))
        }
        let comparison = try Comparison(treatment: moments([[1], [3]]), control: moments([[1], [4]]))
        #expect(comparison.relativeInterval(criticalValue: .infinity) == .everything)
    }

    @Test("A stricter confidence sequence leaves 0 out just where its p-value is that much smaller")
    func strictness() throws {
        for alternative in [Alternative.twoSided, .greater] {
            let sequence = try #require(ConfidenceSequence(.fivePercent, alternative))
            for strictness in [1.0, 3, 40] {
                let critical = sequence.criticalValue(units: 2_000, strictness: strictness)
                for (factor, isBelow) in [(1 - 1e-9, false), (1 + 1e-9, true)] {
                    let look = try sequence.look(
                        Estimate(value: critical * factor, standardError: 1), units: 2_000)
                    #expect((look.pValue < 0.05 / strictness) == isBelow)
                }
            }
        }
    }
}
