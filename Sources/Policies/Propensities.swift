public import Randomness

/// How likely each arm is chosen. What a decision logs, so that it can be evaluated later: an arm that was not chosen
/// counts as much as the one that was.
public struct Propensities: Sendable, Equatable {
    /// Arms in one decision, at most.
    public static let largestArmCount = 1_000
    /// How far from 1 a sum of logged probabilities may be: they may have been written with six decimals.
    static let sumTolerance = 1e-5

    /// Of each arm; none negative, their sum 1.
    public let values: [Double]

    /// From weights, and a floor for exploration: each arm gets `floor`, and what is left by its weight.
    ///
    /// - Parameters:
    ///   - weights: of at least one arm, finite, none negative, at least one positive.
    ///   - floor: from 0 to 1 / arms. A floor above 0 keeps every arm's effect measurable, whatever the weights; an
    ///     exploration rate ε is a floor of ε / arms.
    /// - Throws: ``PolicyError``.
    public init(weights: [Double], floor: Double = 0) throws(PolicyError) {
        guard !weights.isEmpty else { throw .tooFewArms(needed: 1) }
        guard weights.count <= Self.largestArmCount else { throw .tooManyArms(limit: Self.largestArmCount) }
        guard weights.allSatisfy(\.isFinite) else { throw .notFinite }
        let count = Double(weights.count)
        guard floor >= 0, floor * count <= 1 else { throw .parameter("floor") }
        let largest = weights.max() ?? 0
        guard largest > 0, weights.allSatisfy({ $0 >= 0 }) else { throw .notProbabilities }
        // By the largest first, so that a sum of huge weights is finite.
        let shares = weights.map { $0 / largest }
        let sum = shares.reduce(0, +)
        values = shares.map { floor + (1 - count * floor) * ($0 / sum) }
    }

    /// As they were logged: they have to sum to 1 already, within 0.00001.
    ///
    /// - Throws: ``PolicyError/notProbabilities`` and the like.
    public init(logged values: [Double]) throws(PolicyError) {
        guard !values.isEmpty else { throw .tooFewArms(needed: 1) }
        guard values.count <= Self.largestArmCount else { throw .tooManyArms(limit: Self.largestArmCount) }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite }
        guard values.allSatisfy({ $0 >= 0 }), abs(values.reduce(0, +) - 1) <= Self.sumTolerance else {
            throw .notProbabilities
        }
        self.values = values
    }

    /// The same for every arm.
    ///
    /// - Parameters:
    ///   - count: of arms, at least 1.
    public static func uniform(_ count: Int) throws(PolicyError) -> Self {
        guard count >= 1 else { throw .tooFewArms(needed: 1) }
        guard count <= largestArmCount else { throw .tooManyArms(limit: largestArmCount) }
        return try Self(weights: Array(repeating: 1, count: count))
    }

    /// All of it on one arm: a policy that leaves nothing to chance.
    public static func always(_ arm: Int, of count: Int) throws(PolicyError) -> Self {
        guard (0..<count).contains(arm) else { throw .parameter("arm") }
        return try Self(weights: (0..<count).map { $0 == arm ? 1 : 0 })
    }

    /// Chooses an arm. The same row of random numbers chooses the same arm again: that is how a decision is replayed.
    public func choose(_ random: inout RandomRow) -> Int { random.choice(weights: values) }
}
