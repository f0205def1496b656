public import Statistics

/// How an experiment is judged; fixed before the first look.
public struct AnalysisPlan: Sendable, Equatable {
    public enum Engine: Sendable, Equatable {
        /// Welch's t test: counts at the planned end only.
        case fixed
        /// A confidence sequence, tightest at the planned units: counts whenever one looks.
        case alwaysValid
        /// Looks when these shares of the planned units are there, the last at 1: counts at the looks, each taken at the
        /// end of the first day that has the units.
        case groupSequential(AlphaSpending, looks: [Double])
        /// A posterior. With a prior it means at any time what it says; without one it counts at the planned end only.
        case bayesian(BayesianEffect.Prior?)
    }

    /// Of all goals of all arms together where there is a correction, else of each.
    public let level: SignificanceLevel
    public let engine: Engine
    /// Over goals × arms, and over secondary metrics × arms. A group-sequential test, which has bounds and no p-value,
    /// is made stricter by the number of questions (Bonferroni) whichever is named; a posterior is not corrected.
    public internal(set) var correction: PValueAdjustment?
    /// Of all arms together, at the end.
    public let plannedUnits: Int?
    /// Below it the split between the arms is broken.
    public let sampleRatioLevel: SignificanceLevel
    /// The share of units that may have met several variants.
    public let severalVariantsLimit: Double
    /// What phases count for: ``BlockWeights/units`` where shares follow results.
    public let phaseWeights: BlockWeights

    /// Units of an arm, from which a mean is taken as normal by the engines other than ``Engine/fixed``.
    public static let fewestNormalUnits = 100
    /// Units of an arm that did something, and that did not, from which a proportion is taken as normal.
    public static let fewestSuccesses = 10
    /// The units that a confidence sequence is tightest at where none are planned.
    public static let usualUnits = 5_000

    /// - Throws: ``MetricProblem`` for what is out of range, or does not go together.
    public init(
        level: SignificanceLevel = .fivePercent, engine: Engine = .fixed, correction: PValueAdjustment? = .holm,
        plannedUnits: Int? = nil, sampleRatioLevel: SignificanceLevel = .tenthOfAPercent,
        severalVariantsLimit: Double = 0.01, phaseWeights: BlockWeights = .precision
    ) throws(MetricProblem) {
        if let plannedUnits, !(2...1_000_000_000_000).contains(plannedUnits) {
            throw MetricProblem("/plannedUnits", "must be from 2 to a trillion")
        }
        guard (0...1).contains(severalVariantsLimit) else {
            throw MetricProblem("/severalVariantsLimit", "must be from 0 to 1")
        }
        if case .groupSequential(let spending, let looks) = engine {
            guard plannedUnits != nil else {
                throw MetricProblem("/plannedUnits", "must be there for a group-sequential test")
            }
            guard looks.last == 1, let test = GroupSequentialTest(level, spending: spending),
                test.looks(at: looks) != nil
            else {
                throw MetricProblem(
                    "/looks",
                    "must be up to \(GroupSequentialTest.largestLookCount) rising shares, the last of them 1, with a "
                        + "positive power")
            }
        }
        self.level = level
        self.engine = engine
        self.correction = correction
        self.plannedUnits = plannedUnits
        self.sampleRatioLevel = sampleRatioLevel
        self.severalVariantsLimit = severalVariantsLimit
        self.phaseWeights = phaseWeights
    }

    /// Whether intervals hold however often one looks.
    public var countsAtAnyTime: Bool {
        switch engine {
        case .fixed, .bayesian(nil): false
        case .alwaysValid, .groupSequential, .bayesian: true
        }
    }
}
