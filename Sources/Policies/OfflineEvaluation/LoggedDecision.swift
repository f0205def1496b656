/// One decision as it was logged, and what the policies to be evaluated would have done in its place.
public struct LoggedDecision: Sendable, Equatable {
    /// The arm that was played.
    public let arm: Int
    /// What it brought, on any finite scale.
    public let reward: Double
    /// What each arm was played with.
    public let logged: Propensities
    /// What the policy that is evaluated plays each arm with.
    public let target: Propensities
    /// What the policy that it is compared with plays each arm with; nil without a comparison.
    public let baseline: Propensities?
    /// What a model expects each arm to bring here; it must not have learned from this very row (``CrossFitting``).
    public let predictions: [Double]?

    /// - Throws: ``PolicyError/differentLengths`` unless all lists are of the same arms, ``PolicyError/notFinite``,
    ///   ``PolicyError/parameter(_:)`` for an arm that is none of them, or that could not have been played: its logged
    ///   propensity is 0.
    public init(
        arm: Int, reward: Double, logged: Propensities, target: Propensities, baseline: Propensities? = nil,
        predictions: [Double]? = nil
    ) throws(PolicyError) {
        let count = logged.values.count
        guard target.values.count == count, baseline?.values.count ?? count == count,
            predictions?.count ?? count == count
        else { throw .differentLengths }
        guard (0..<count).contains(arm), logged.values[arm] > 0 else { throw .parameter("arm") }
        guard reward.isFinite, predictions?.allSatisfy(\.isFinite) != false else { throw .notFinite }
        self.arm = arm
        self.reward = reward
        self.logged = logged
        self.target = target
        self.baseline = baseline
        self.predictions = predictions
    }
}
