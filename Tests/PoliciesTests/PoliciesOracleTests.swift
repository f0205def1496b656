import Policies
import PythonOracle
import Testing

private let oracle = PythonOracle(
    "policies_oracle.py", modules: ["numpy", "scipy", "obp.version"], golden: "PoliciesTests/Golden/policies.txt")

/// `Tests/Oracles/policies_oracle.py`: scipy's integration, numpy's algebra, Open Bandit Pipeline.
@Suite("Others' code as an oracle for policies")
struct PoliciesOracleTests {
    private static let cases = Result { try oracle.goldenCases() }

    private func cases(_ tag: String) throws -> [[String]] {
        let cases = try Self.cases.get().filter { $0[0] == tag }
        #expect(cases.count >= 9)
        return cases.map { Array($0.dropFirst()) }
    }

    private func numbers(_ list: some StringProtocol) throws -> [Double] {
        try list.split(separator: ",").map { try #require(Double($0)) }
    }

    private func expect(_ ours: [Double], _ theirs: [Double], tolerance: Double = 1e-9, _ fields: [String]) {
        #expect(ours.count == theirs.count)
        for (one, other) in zip(ours, theirs) {
            #expect(isClose(one, other, tolerance: tolerance, floor: 1), "\(one) instead of \(other): \(fields)")
        }
    }

    @Test("The probability that an arm is the best one is that of adaptive integration")
    func bestArm() throws {
        for fields in try cases("n") {
            let (means, deviations) = (try numbers(fields[0]), try numbers(fields[1]))
            let beliefs = ArmBeliefs.normal(
                zip(means, deviations).map { ArmBeliefs.Normal(mean: $0, standardDeviation: $1) })
            expect(try beliefs.bestArmProbabilities(), try numbers(fields[2]), tolerance: 1e-10, fields)
        }
        for fields in try cases("a") {
            let (successes, failures) = (try numbers(fields[0]), try numbers(fields[1]))
            let beliefs = ArmBeliefs.beta(
                zip(successes, failures).map { ArmBeliefs.Beta(successes: $0, failures: $1, prior: 0) })
            expect(try beliefs.bestArmProbabilities(), try numbers(fields[2]), tolerance: 1e-10, fields)
        }
    }

    @Test("LinUCB's scores are those of the paper's inverse")
    func linUCB() throws {
        for fields in try cases("u") {
            let dimension = try #require(Int(fields[0]))
            var arms = Array(
                repeating: try RidgeRegression(dimension: dimension), count: try #require(Int(fields[1])))
            for update in fields[2].split(separator: ";") where update != "-" {
                let parts = update.split(separator: ":")
                try arms[try #require(Int(parts[0]))].add(
                    try numbers(parts[2]), reward: try #require(Double(parts[1])))
            }
            let bandit = try LinUCB(arms: arms, optimism: try #require(Double(fields[4])))
            expect(try bandit.scores(try numbers(fields[3])), try numbers(fields[5]), fields)
        }
    }

    @Test("Every estimator is Open Bandit Pipeline's, and its standard error the influence's")
    func offPolicy() throws {
        for fields in try cases("o") {
            var evaluation = try OffPolicyEvaluation(
                hasPredictions: true, switchThreshold: try #require(Double(fields[0])),
                shrinkage: try #require(Double(fields[1])))
            for row in fields[2].split(separator: ";") {
                let parts = row.split(separator: ":")
                try evaluation.add(
                    LoggedDecision(
                        arm: try #require(Int(parts[0])), reward: try #require(Double(parts[1])),
                        logged: try Propensities(logged: try numbers(parts[2])),
                        target: try Propensities(logged: try numbers(parts[3])),
                        predictions: try numbers(parts[4])))
            }
            for (estimator, field) in zip(OffPolicyEstimator.allCases, fields[3...]) {
                let estimate = try evaluation.estimate(estimator)
                let expected = try numbers(field)
                expect(
                    [estimate.value, estimate.spread?.standardError ?? 0], expected, ["\(estimator)"] + fields[0...1])
            }
        }
    }
}
