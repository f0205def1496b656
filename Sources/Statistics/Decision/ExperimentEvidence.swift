/// What a decision is taken on.
public struct ExperimentEvidence: Sendable, Equatable {
    /// One metric of the variant against the control.
    public struct Metric: Sendable, Equatable {
        public enum Role: Sendable, Equatable {
            /// What the variant is for.
            case goal
            /// What it must not harm by more than a margin, at least 0, in the interval's unit: non-inferiority.
            case guardrail(margin: Double)
        }

        public let name: String
        public let role: Role
        public let direction: Direction
        public let scale: EffectScale
        /// Of the effect; nil when there is not enough data, or no number.
        public let interval: Interval?
        /// The smallest effect that is worth having, positive, in the interval's unit; nil if none was said.
        public let worthHaving: Double?

        public init(
            name: String, role: Role, direction: Direction = .higherIsBetter,
            scale: EffectScale = .relative, interval: Interval?, worthHaving: Double? = nil
        ) {
            self.name = name
            self.role = role
            self.direction = direction
            self.scale = scale
            self.interval = interval.flatMap { $0.lower <= $0.upper ? $0 : nil }
            self.worthHaving = worthHaving
        }
    }

    public let metrics: [Metric]
    /// Whether the planned end is reached.
    public let hasEnded: Bool
    /// Whether nobody comes any more, planned or not.
    public let isOver: Bool
    /// Whether the intervals hold at every look: always valid ones, or group-sequential ones at their looks.
    public let countsAtAnyTime: Bool
    /// Of the split between the arms in the phase; nil while there is none.
    public let sampleRatioPValue: Double?
    /// Below it the split is not the promised one; 0.001 is usual.
    public let sampleRatioThreshold: Double
    /// Names of arms that should have units by now and have none.
    public let emptyArms: [String]
    /// The share of units that met more than one variant, from 0 to 1.
    public let severalVariantsShare: Double
    /// How large that may be; 0.01 is usual.
    public let severalVariantsLimit: Double

    public init(
        metrics: [Metric], hasEnded: Bool, isOver: Bool = false, countsAtAnyTime: Bool, sampleRatioPValue: Double?,
        sampleRatioThreshold: Double = 0.001, emptyArms: [String] = [], severalVariantsShare: Double = 0,
        severalVariantsLimit: Double = 0.01
    ) {
        self.metrics = metrics
        self.hasEnded = hasEnded
        self.isOver = isOver
        self.countsAtAnyTime = countsAtAnyTime
        self.sampleRatioPValue = sampleRatioPValue
        self.sampleRatioThreshold = sampleRatioThreshold
        self.emptyArms = emptyArms
        self.severalVariantsShare = severalVariantsShare
        self.severalVariantsLimit = severalVariantsLimit
    }
}

/// What one metric says, if it says it.
extension ExperimentEvidence.Metric {
    /// The interval with more being better.
    private var good: Interval? {
        guard direction == .lowerIsBetter else { return interval }
        return interval.flatMap { Interval(lower: -$0.upper, upper: -$0.lower) }
    }

    private var shown: ExperimentDecision.Reason.Effect? {
        interval.map { .init(metric: name, interval: $0, scale: scale) }
    }

    /// For certain worse, than the margin where there is one.
    var harm: ExperimentDecision.Reason? {
        guard let good, let shown else { return nil }
        switch role {
        case .goal: return good.upper < 0 ? .goalWorse(shown) : nil
        case .guardrail(let margin): return good.upper < -margin ? .guardrailHarmed(shown, margin: margin) : nil
        }
    }

    /// A goal that is for certain better.
    var gain: ExperimentDecision.Reason? {
        guard role == .goal, let good, let shown, good.lower > 0 else { return nil }
        return .goalBetter(shown)
    }

    /// A guardrail that is for certain within its margin.
    var safety: ExperimentDecision.Reason? {
        guard case .guardrail(let margin) = role, let good, let shown, good.lower > -margin else { return nil }
        return .guardrailSafe(shown, margin: margin)
    }

    /// A guardrail that may be harmed or not.
    var doubt: ExperimentDecision.Reason? {
        guard case .guardrail(let margin) = role, let shown, harm == nil, safety == nil else { return nil }
        return .guardrailUnclear(shown, margin: margin)
    }

    /// A goal that may be better or worse.
    var openGoal: ExperimentDecision.Reason? {
        guard role == .goal, let shown, harm == nil, gain == nil else { return nil }
        return .goalUnclear(shown)
    }

    /// A goal whose effect is for certain smaller than what is worth having.
    var futility: ExperimentDecision.Reason? {
        guard role == .goal, let good, let shown, let worthHaving, good.upper < worthHaving, gain == nil else {
            return nil
        }
        return .effectTooSmall(shown, worthHaving: worthHaving)
    }
}
