import Policies
import PythonOracle
import Randomness
import Statistics
import Testing

/// Logged decisions of a world whose truth is known: three arms, one feature, rewards 0 or 1.
@Suite("Simulated decisions")
struct OffPolicySimulationTests {
    private static let rows = 400
    private static let runs = 200

    private static func chance(_ arm: Int, _ x: Double) -> Double { [0.2 + 0.3 * x, 0.5 - 0.2 * x, 0.35][arm] }

    /// One data set of 400 rows, evaluated with a model fitted crosswise.
    private func evaluation(_ run: Int) throws -> OffPolicyEvaluation {
        var rows: [(x: Double, arm: Int, reward: Double, logged: Propensities, target: Propensities)] = []
        var fitting = try CrossFitting(arms: 3, dimension: 1)
        for index in 0..<Self.rows {
            var random = RandomRow(seed: UInt64(run), stream: 9, row: UInt64(index))
            let x = random.uniform()
            let logged = try Propensities(weights: [1 + x, 2 - x, 0.5], floor: 0.05)
            let target = try Propensities(weights: [x * x, 0.1, 1 - x], floor: 0.01)
            let arm = logged.choose(&random)
            let reward = random.bernoulli(Self.chance(arm, x)) ? 1.0 : 0
            try fitting.add([x], arm: arm, reward: reward, row: index)
            rows.append((x, arm, reward, logged, target))
        }
        let models = try fitting.models()
        var evaluation = try OffPolicyEvaluation(hasPredictions: true)
        for (index, row) in rows.enumerated() {
            try evaluation.add(
                LoggedDecision(
                    arm: row.arm, reward: row.reward, logged: row.logged, target: row.target,
                    predictions: models.predictions([row.x], row: index)))
        }
        return evaluation
    }

    /// ∫ Σ π(a|x) chance(a, x) dx by the midpoint rule.
    private func truth() throws -> Double {
        var sum = 0.0
        for index in 0..<20_000 {
            let x = (Double(index) + 0.5) / 20_000
            let target = try Propensities(weights: [x * x, 0.1, 1 - x], floor: 0.01).values
            for arm in 0..<3 { sum += target[arm] * Self.chance(arm, x) }
        }
        return sum / 20_000
    }

    @Test("IPS and DR are unbiased within three standard errors over 200 seeds, and intervals hold the truth")
    func unbiased() throws {
        let truth = try truth()
        let runs = try (0..<Self.runs).map(evaluation)
        var variances: [OffPolicyEstimator: Double] = [:]
        for estimator in OffPolicyEstimator.allCases {
            let estimates = try runs.map { try $0.estimate(estimator) }
            let n = Double(estimates.count)
            let mean = estimates.reduce(0) { $0 + $1.value } / n
            let variance = estimates.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / (n - 1)
            variances[estimator] = variance
            let inside = estimates.count { estimate in
                estimate.spread?.interval.contains(truth) ?? false
            }
            switch estimator {
            case .ips, .doublyRobust:
                #expect(abs(mean - truth) <= 3 * (variance / n).squareRoot(), "\(estimator) \(mean) \(truth)")
                #expect(isPlausible(inside, of: Self.runs, rate: 0.95), "\(estimator) \(inside)")
            case .snips, .selfNormalizedDoublyRobust, .switchDoublyRobust, .shrunkDoublyRobust:
                // Slightly biased, far less than the interval is wide.
                #expect(abs(mean - truth) <= 0.02, "\(estimator) \(mean) \(truth)")
                #expect(isPlausible(inside, of: Self.runs, rate: 0.95), "\(estimator) \(inside)")
            case .replay: #expect(abs(mean - truth) > 0.005, "arms were not logged alike, so replay is biased here")
            case .directMethod: #expect(abs(mean - truth) <= 0.02)
            }
            // Standard errors are those of the estimates.
            if estimator != .directMethod, estimator != .replay {
                let stated = estimates.reduce(0) { $0 + ($1.spread?.standardError ?? 0) } / n
                #expect(abs(stated / variance.squareRoot() - 1) < 0.25, "\(estimator)")
            }
        }
        let (ips, robust) = (try #require(variances[.ips]), try #require(variances[.doublyRobust]))
        #expect(robust < ips)
    }
}
