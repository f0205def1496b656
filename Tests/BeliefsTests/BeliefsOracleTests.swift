import Beliefs
import JSON
import PythonOracle
import Statistics
import Testing

private let oracle = PythonOracle("beliefs_oracle.py", modules: ["scipy"], golden: "BeliefsTests/Golden/beliefs.txt")

/// `Tests/Oracles/beliefs_oracle.py`: scipy's beta distribution, Python's exact sums.
@Suite("scipy as an oracle for beliefs")
struct BeliefsOracleTests {
    private static let cases = Result { try oracle.goldenCases() }

    private func cases(_ tag: String) throws -> [[String]] {
        try Self.cases.get().filter { $0[0] == tag }.map { Array($0.dropFirst()) }
    }

    @Test("Quantiles of the beta distribution are scipy's")
    func quantiles() throws {
        let cases = try cases("q")
        #expect(cases.count > 500)
        for fields in cases {
            let numbers = try fields.map { try #require(Double($0)) }
            let ours = Beta.quantile(numbers[0], numbers[1], numbers[2])
            #expect(isClose(ours, numbers[3]), "\(ours) for \(fields)")
        }
    }

    @Test("Beliefs, their means, variances and intervals are scipy's, with the same weights of old evidence")
    func beliefs() throws {
        let cases = try cases("b")
        #expect(cases.count >= 28)
        for fields in cases {
            let rule = BetaBelief.Rule(
                alpha: try #require(Double(fields[0])), beta: try #require(Double(fields[1])),
                halfLifeDays: try #require(Double(fields[2])))
            let evidence = try fields[3].split(separator: ",").enumerated().compactMap { index, text in
                let parts = text.split(separator: ":")
                return text == "-"
                    ? nil
                    : ResponseEvidence(
                        id: UUIDv7(milliseconds: 0, sequence: 0, random: UInt64(index)),
                        at: Timestamp(microseconds: try #require(Int64(parts[0]))), responded: parts[1] == "1")
            }
            let moment = Timestamp(microseconds: try #require(Int64(fields[4])))
            let belief = BetaBelief(evidence, rule, at: moment)
            let interval = belief.interval()
            let ours = [
                belief.alpha, belief.beta, belief.mean, belief.variance, interval.lower, interval.upper,
                belief.effectiveEvidence, Double(belief.evidenceCount),
            ]
            let theirs = try fields[5...].map { try #require(Double($0)) }
            #expect(ours.count == theirs.count)
            for (one, other) in zip(ours, theirs) { #expect(isClose(one, other), "\(one), not \(other): \(fields)") }
        }
    }
}
