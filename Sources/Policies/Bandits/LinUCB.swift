/// A contextual bandit: plays the arm whose reward may be the largest, by a linear model of each arm and its uncertainty.
///
/// Score of an arm: x·θ + α √(xᵀ (λI + A)⁻¹ x), θ = (λI + A)⁻¹ b.
///
/// Source: Li, Chu, Langford and Schapire, "A contextual-bandit approach to personalized news article recommendation",
/// WWW 2010, algorithm 1 (disjoint models, λ = 1).
public struct LinUCB: Sendable, Equatable {
    private let arms: [RidgeRegression.Solution]
    /// α: how much uncertainty counts; not negative.
    public let optimism: Double

    /// - Parameters:
    ///   - arms: one model an arm, all of the same features. An arm without data has all uncertainty and so is tried.
    ///   - penalty: λ, positive.
    /// - Throws: ``PolicyError``.
    public init(arms: [RidgeRegression], optimism: Double = 1, penalty: Double = 1) throws(PolicyError) {
        guard let first = arms.first else { throw .tooFewArms(needed: 1) }
        guard arms.count <= Propensities.largestArmCount else {
            throw .tooManyArms(limit: Propensities.largestArmCount)
        }
        guard arms.allSatisfy({ $0.dimension == first.dimension }) else { throw .differentLengths }
        guard optimism >= 0, optimism.isFinite else { throw .parameter("optimism") }
        self.arms = try arms.map { arm throws(PolicyError) in try arm.solution(penalty: penalty) }
        self.optimism = optimism
    }

    /// The upper confidence bound of each arm.
    public func scores(_ features: [Double]) throws(PolicyError) -> [Double] {
        try arms.map { arm throws(PolicyError) in
            try arm.prediction(features) + optimism * arm.uncertainty(features)
        }
    }

    /// All on the arm with the largest score, shared where several have it, but for the floor: without one nothing that
    /// was logged can tell what another arm would have done.
    ///
    /// - Parameters:
    ///   - floor: of ``Propensities/init(weights:floor:)``.
    public func propensities(_ features: [Double], floor: Double) throws(PolicyError) -> Propensities {
        let scores = try scores(features)
        guard scores.allSatisfy(\.isFinite) else { throw .notFinite }
        let best = scores.max()
        return try Propensities(weights: scores.map { $0 == best ? 1 : 0 }, floor: floor)
    }
}
