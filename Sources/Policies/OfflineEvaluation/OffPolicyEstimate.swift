public import Statistics

/// What a policy would have brought, a row, and how sure that is.
public struct OffPolicyEstimate: Sendable, Equatable {
    public struct Spread: Sendable, Equatable {
        public let standardError: Double
        /// By the t distribution. Trust it only as far as the support allows: few effective rows make it too narrow, and
        /// that of the direct method knows nothing of what the model gets wrong.
        public let interval: Interval
    }

    public let value: Double
    /// nil where nothing varies, so that nothing can be said about chance.
    public let spread: Spread?
}

/// Why there is no estimate.
public enum OffPolicyFailure: Error, Sendable, Equatable {
    case tooFewRows(needed: Int)
    /// The policy never plays what was played.
    case noOverlap
    /// The estimator takes a reward model, and the rows have no predictions.
    case noPredictions
    case noBaseline
    /// Sums that overflow.
    case notFinite
}
