/// What is believed of the mean reward of each arm.
public enum ArmBeliefs: Sendable, Equatable {
    /// Of rewards that are 0 or 1: the parameters of a beta distribution.
    public struct Beta: Sendable, Equatable {
        /// Positive: successes, and what the prior adds.
        public let successes: Double
        /// Positive: failures, and what the prior adds.
        public let failures: Double

        /// - Parameters:
        ///   - prior: added to both; 1 is the uniform prior.
        public init(successes: Double, failures: Double, prior: Double = 1) {
            self.successes = successes + prior
            self.failures = failures + prior
        }
    }

    /// Of any rewards: a normal distribution.
    public struct Normal: Sendable, Equatable {
        public let mean: Double
        /// Positive.
        public let standardDeviation: Double

        public init(mean: Double, standardDeviation: Double) {
            self.mean = mean
            self.standardDeviation = standardDeviation
        }
    }

    case beta([Beta])
    case normal([Normal])

    /// Arms at most: the work grows with their square.
    public static let largestArmCount = 100

    public var count: Int {
        switch self {
        case .beta(let arms): arms.count
        case .normal(let arms): arms.count
        }
    }
}
