/// Ways to say what a policy would have brought, from decisions that another one took.
///
/// With r the reward, a the arm played, μ the logged propensities, π the target's, w = π(a) / μ(a), q the predictions of
/// a reward model, and means over rows:
public enum OffPolicyEstimator: String, Sendable, Equatable, CaseIterable {
    /// Σ π(a) r / Σ π(a): the rows on which the policy agrees. Unbiased only if every arm was played alike.
    /// (Li, Chu, Langford and Wang, WSDM 2011.)
    case replay
    /// mean(w r): inverse propensity scoring. Unbiased; wild when weights are large. (Horvitz and Thompson 1952.)
    case ips
    /// Σ w r / Σ w: self-normalised; slightly biased, calmer, never outside of the rewards seen. (Swaminathan and
    /// Joachims, NeurIPS 2015.)
    case snips
    /// mean(Σ π q): the direct method. As right as the model.
    case directMethod
    /// mean(Σ π q + w (r - q(a))): doubly robust. Unbiased, and calmer than IPS with a fair model. (Dudík, Langford and
    /// Li, ICML 2011.)
    case doublyRobust
    /// mean(Σ π q) + Σ w (r - q(a)) / Σ w. (Thomas and Brunskill, ICML 2016; Kallus and Uehara, NeurIPS 2019.)
    case selfNormalizedDoublyRobust
    /// Doubly robust where w ≤ τ, the model alone elsewhere. (Wang, Agarwal and Dudík, ICML 2017.)
    case switchDoublyRobust
    /// Doubly robust with w replaced by λ w / (w² + λ), which is never above √λ / 2. (Su, Dimakopoulou, Krishnamurthy
    /// and Dudík, ICML 2020, optimistic shrinkage.)
    case shrunkDoublyRobust

    /// What has to hold for its value to mean what it says.
    public enum Assumption: String, Sendable, Hashable, CaseIterable {
        case trueRewards
        case truePropensities
        case support
        case evenLogging
        case trueModel

        /// A sentence for people.
        public var sentence: String {
            switch self {
            case .trueRewards: "What a decision brings depends on its circumstances and not on which policy took it."
            case .truePropensities: "Arms were played with the propensities that were logged."
            case .support: "Whatever the policy does could have been logged."
            case .evenLogging: "Every arm was logged as often as every other."
            case .trueModel: "The model's predictions are right on average."
            }
        }
    }

    public var assumptions: [Assumption] {
        switch self {
        case .replay: [.trueRewards, .support, .evenLogging]
        case .ips, .snips: [.trueRewards, .truePropensities, .support]
        case .directMethod: [.trueRewards, .trueModel]
        // Where the model is right, the propensities may be wrong.
        case .doublyRobust, .selfNormalizedDoublyRobust: [.trueRewards, .truePropensities, .support]
        case .switchDoublyRobust, .shrunkDoublyRobust: [.trueRewards, .truePropensities, .support, .trueModel]
        }
    }

    /// Whether it takes the predictions of a model.
    public var needsPredictions: Bool {
        switch self {
        case .replay, .ips, .snips: false
        case .directMethod, .doublyRobust, .selfNormalizedDoublyRobust, .switchDoublyRobust, .shrunkDoublyRobust: true
        }
    }
}
