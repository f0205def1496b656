/// What an experiment decides for a unit.
public struct Evaluation: Sendable, Equatable {
    /// Why. The first three are in a variant, the others in none.
    public enum Reason: String, Sendable, CaseIterable {
        /// The variant was decided by hand.
        case forced
        /// The variant was assigned before, and is kept.
        case sticky
        /// The hash decided.
        case split
        /// It was decided by hand that the unit is in none.
        case excluded
        /// The experiment is not running.
        case inactive
        /// The attribute that names the unit is missing, or is no name.
        case missingUnit
        /// The unit was assigned under a bucket version that is left out by now.
        case outdated
        /// The unit is withheld.
        case holdout
        /// The unit's bucket of the layer is another experiment's, or nobody's.
        case layer
        /// The condition does not hold.
        case targeting
        /// The unit is not in another experiment as it must be.
        case prerequisite
        /// The unit's bucket is no variant's.
        case coverage
        /// The unit's data may be kept and not used.
        case restricted

        /// Whether the unit came as far as the holdouts of the experiment.
        var asksHoldouts: Bool {
            switch self {
            case .split, .coverage, .holdout, .layer, .targeting, .prerequisite: true
            case .forced, .sticky, .excluded, .inactive, .missingUnit, .outdated, .restricted: false
            }
        }
    }

    /// The experiment's key.
    public let experiment: String
    /// The variant's key; nil if the unit is in none.
    public let variant: String?
    /// Why it is in this variant, or in none.
    public let reason: Reason
    /// 0 to 9,999, if the hash was asked.
    public let bucket: Int?
    /// The probability, over the hash and given that the unit came as far, of what was decided: of the variant, or for
    /// ``Reason/coverage`` of none. For a sticky assignment the one that was stored with it. Else nil: nothing was drawn.
    public let propensity: Double?
    /// The attribute that named the unit; nil if that was not asked.
    public let hashAttribute: String?
    /// The text that was hashed for the unit: people's data.
    public let unit: String?
    /// The bucket version under which a sticky assignment is to be stored.
    public let bucketVersion: Int
    /// The phase of the experiment.
    public let phase: Int
    /// The version of the experiment's definition.
    public let version: Int64

    /// Whether chance decided, now or when the assignment was stored: who belongs into an analysis.
    public var isRandomised: Bool { reason == .split || reason == .sticky }
}

/// How an experiment came to its decision for a unit.
public struct Explanation: Sendable, Equatable {
    /// One check, in the order in which they are made. Those behind the decision were not made.
    public struct Step: Sendable, Equatable {
        /// What is checked, in the order of ``ExperimentSet``.
        public enum Check: String, Sendable {
            case restricted, forced, active, unit, sticky, holdout, layer, targeting, prerequisite, bucket
        }

        /// What was checked.
        public let check: Check
        /// Whether the decision fell here.
        public let isDecisive: Bool
        /// A sentence for people, with keys and buckets, without attributes' values.
        public let detail: String
        /// For targeting, every question of the condition and its answer.
        public let answers: [Condition.Answer]
    }

    /// The decision: the same as without explanation.
    public let evaluation: Evaluation
    /// The checks up to the decisive one, which is the last.
    public let steps: [Step]
}
