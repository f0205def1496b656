/// Weights of the arms from beliefs about them.
public enum ThompsonSampling {
    /// Each arm as likely as it is the best one.
    ///
    /// - Parameters:
    ///   - floor: of ``Propensities/init(weights:floor:)``.
    public static func propensities(_ beliefs: ArmBeliefs, floor: Double = 0) throws(PolicyError) -> Propensities {
        try Propensities(weights: try beliefs.bestArmProbabilities(), floor: floor)
    }

    /// Top-two sampling: the leader with probability `leaderShare`, else drawn again until another arm comes out. It
    /// finds the best arm sooner, since it goes on measuring the second.
    ///
    /// With p the probabilities of being the best, arm i gets pᵢ (β + (1 - β) Σ pⱼ / (1 - pⱼ)) over j ≠ i.
    ///
    /// Source: Russo, "Simple Bayesian algorithms for best-arm identification", Operations Research 68 (2020), section
    /// 3.3, top-two Thompson sampling.
    ///
    /// - Parameters:
    ///   - leaderShare: β, above 0 up to 1; ½ is usual, 1 is Thompson sampling.
    /// - Throws: ``PolicyError/tooFewArms(needed:)`` below two.
    public static func topTwoPropensities(
        _ beliefs: ArmBeliefs, leaderShare: Double = 0.5, floor: Double = 0
    ) throws(PolicyError) -> Propensities {
        guard leaderShare > 0, leaderShare <= 1 else { throw .parameter("leaderShare") }
        guard beliefs.count >= 2 else { throw .tooFewArms(needed: 2) }
        let best = try beliefs.bestArmProbabilities()
        // 1 - pⱼ is the sum of the others, which keeps its digits when it is small.
        let others = best.indices.map { arm in
            best.indices.reduce(0.0) { $0 + ($1 == arm ? 0 : best[$1]) }
        }
        // Where one arm is certain, all others are second alike.
        let second = best.indices.map { arm in
            best.indices.reduce(0.0) { sum, leader in
                guard leader != arm else { return sum }
                let share = others[leader] > 0 ? best[arm] / others[leader] : 1 / Double(best.count - 1)
                return sum + best[leader] * share
            }
        }
        return try Propensities(
            weights: zip(best, second).map { leaderShare * $0 + (1 - leaderShare) * $1 }, floor: floor)
    }
}
