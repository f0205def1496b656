import Foundation
import PythonOracle
import Testing

@testable import Statistics

private let oracle = PythonOracle(
    "inference_oracle.py", modules: ["mpmath", "scipy", "statsmodels", "gbstats"],
    golden: "StatisticsTests/Golden/inference.txt")

/// `Tests/Oracles/inference_oracle.py`: mpmath, gbstats, statsmodels, and an integration by another rule.
@Suite("Others' code as an oracle for inference")
struct InferenceOracleTests {
    private static let cases = Result { try oracle.goldenCases() }

    private func cases(_ tag: String) throws -> [[String]] {
        let cases = try Self.cases.get().filter { $0[0] == tag }
        #expect(cases.count >= 15)
        return cases.map { Array($0.dropFirst()) }
    }

    private func level(_ alpha: Double) throws -> SignificanceLevel { try #require(SignificanceLevel(alpha: alpha)) }

    private func numbers(_ fields: some Sequence<String>) throws -> [Double] {
        try fields.map { try #require(Double($0)) }
    }

    @Test("Confidence sequences, one- and two-sided, are mpmath's with 50 digits, for z-scores up to a thousand")
    func confidenceSequences() throws {
        let alternatives: [String: Alternative] = [
            "twoSided": .twoSided, "greater": .greater, "less": .less,
        ]
        for fields in try cases("c") {
            let n = try numbers(fields[1...])
            let (level, alternative) = (try level(n[0]), try #require(alternatives[fields[0]]))
            let sequence = try #require(ConfidenceSequence(level, alternative, tightestAt: n[1]))
            let look = try sequence.look(Estimate(value: n[2], standardError: n[3]), units: Int(n[4]))
            #expect(isClose(look.interval.lower, n[5], tolerance: 1e-12, floor: n[3]), "\(fields)")
            #expect(isClose(look.interval.upper, n[6], tolerance: 1e-12, floor: n[3]), "\(fields)")
            #expect(isClose(look.logPValue, n[7], tolerance: 1e-11, floor: 1), "\(fields)")
        }
    }

    @Test("Two-sided confidence sequences are those of gbstats")
    func sequentialOfGrowthBook() throws {
        for fields in try cases("t") {
            let n = try numbers(fields)
            let level = try level(n[0])
            let sequence = try #require(ConfidenceSequence(level, tightestAt: n[1]))
            let look = try sequence.look(Estimate(value: n[8], standardError: n[9]), units: Int(n[2] + n[5]))
            #expect(isClose(look.interval.lower, n[10], floor: n[9]), "\(fields)")
            #expect(isClose(look.interval.upper, n[11], floor: n[9]), "\(fields)")
            // gbstats overflows to 0.
            #expect(isClose(look.pValue, n[12]) || (n[12] == 0 && look.logPValue < -700), "\(fields)")
        }
    }

    @Test("Bounds of group-sequential tests, and what crosses them, come out of another integration the same")
    func groupSequential() throws {
        for fields in try cases("g") {
            let n = try numbers(fields[0...1] + fields[3...])
            let spending: AlphaSpending =
                switch fields[2] {
                case "obrienFleming": .obrienFleming
                case "pocock": .pocock
                default: .power(n[2])
                }
            let level = try level(n[0])
            let test = try #require(GroupSequentialTest(level, isTwoSided: n[1] == 2, spending: spending))
            let count = Int(n[4])
            let looks = try #require(test.looks(at: Array(n[5..<5 + count])))
            let crossing = try #require(test.crossing(looks, drift: n[3]))
            for look in 0..<count {
                #expect(isClose(looks[look].bound, n[5 + count + look], tolerance: 1e-9), "\(fields)")
                #expect(isClose(crossing.upper[look], n[5 + 2 * count + look], floor: 1e-6), "\(fields)")
            }
        }
    }

    @Test("The evidence against a split is mpmath's")
    func sampleRatio() throws {
        for fields in try cases("s") {
            let weights = try numbers(fields[0].split(separator: ",").map(String.init))
            let counts = try numbers(fields[1].split(separator: ",").map(String.init)).map { Int($0) }
            var ratio = try #require(SequentialSampleRatio(weights: weights))
            ratio.observe(counts)
            // The sum has terms of n ln n, so that is what the digits are of.
            let size = Double(counts.reduce(0, +))
            #expect(abs(ratio.logEvidence - (try #require(Double(fields[2])))) < 1e-9 + 1e-14 * size * log(size))
        }
    }

    @Test("Bayesian effects with relative, absolute and no prior are those of gbstats")
    func bayesian() throws {
        for fields in try cases("b") {
            let scale: EffectScale = fields[0] == "relative" ? .relative : .absolute
            let n = try numbers(fields[2...3] + fields[5...])
            let prior =
                fields[1] == "none"
                ? nil
                : BayesianEffect.Prior(
                    mean: n[0], standardDeviation: n[1], scale: fields[1] == "relative" ? .relative : .absolute)
            let effect = try BayesianEffect(
                Estimate(value: n[8], standardError: n[9]), scale: scale, prior: prior, controlMean: n[3],
                direction: fields[4] == "increase" ? .higherIsBetter : .lowerIsBetter)
            #expect(isClose(effect.mean, n[10], floor: n[11]) && isClose(effect.standardDeviation, n[11]), "\(fields)")
            #expect(isClose(effect.chanceToWin, n[12], tolerance: 1e-9, floor: 1e-3), "\(fields)")
            #expect(isClose(effect.expectedLoss, n[13], tolerance: 1e-9, floor: effect.standardDeviation), "\(fields)")
            #expect(
                isClose(effect.expectedLossOfControl, n[14], tolerance: 1e-9, floor: effect.standardDeviation),
                "\(fields)")
            let interval = effect.interval()
            #expect(isClose(interval.lower, n[15], floor: n[11]) && isClose(interval.upper, n[16], floor: n[11]))
        }
    }

    @Test("Expected losses keep their digits where the textbook's difference has none left")
    func losses() throws {
        for fields in try cases("l") {
            let n = try numbers(fields)
            #expect(isClose(BayesianEffect.unitLoss(n[0]), n[1], tolerance: 1e-12), "\(fields)")
        }
    }

    @Test("Adjusted p-values are those of statsmodels")
    func multiple() throws {
        for fields in try cases("m") {
            let method = try #require(PValueAdjustment(rawValue: fields[0]))
            let values = try numbers(fields[1].split(separator: ",").map(String.init))
            let expected = try numbers(fields[2].split(separator: ",").map(String.init))
            for (ours, theirs) in zip(method.adjust(values), expected) {
                #expect(isClose(try #require(ours).pValue, theirs, tolerance: 1e-12), "\(fields)")
            }
        }
    }

    @Test("The power of a fixed test is statsmodels'")
    func power() throws {
        for fields in try cases("p") {
            let n = try numbers(fields[0...4] + [fields[6]])
            let plan = try ExperimentPlan(
                metric: ExperimentPlan.Metric(mean: 1, variance: n[1] * n[1]), scale: .absolute,
                variantShare: n[3] / (1 + n[3]),
                design: TestDesign(try level(n[4]), isTwoSided: fields[5] == "two-sided"))
            #expect(isClose(try plan.power(effect: n[0], units: n[2] * (1 + n[3])), n[5], floor: 1e-6), "\(fields)")
        }
    }
}
