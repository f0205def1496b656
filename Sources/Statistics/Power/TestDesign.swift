#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How an effect will be tested: when the test may stop, and how many standard errors from 0 is enough.
///
/// The estimate is taken as normal with standard error s. A fixed test finds an effect δ with probability
/// Φ(δ/s - z) + Φ(-δ/s - z), z the critical value (Cohen 1988; Chow et al., "Sample Size Calculations in Clinical
/// Research", section 3.2). An always valid test has its own z at each number of units, and the power is that of its last
/// look, so a lower bound. A ``Rule/groupSequential(_:looks:)`` test has the power of all its looks.
public struct TestDesign: Sendable, Equatable {
    /// When the test may stop.
    public enum Rule: Sendable, Equatable {
        /// At its end only.
        case fixed
        /// Whenever it likes: ``ConfidenceSequence``, tightest at so many units.
        case alwaysValid(tightestAt: Double)
        /// The same, tightest at so many times the units that it is asked for, whatever they are: of a test whose end is
        /// yet to be planned.
        case alwaysValidToItsEnd(Double)
        /// At these shares of the units, rising, the last of them 1: ``GroupSequentialTest``.
        case groupSequential(AlphaSpending, looks: [Double])
    }

    /// Of both sides where there are two.
    public let level: SignificanceLevel
    public let isTwoSided: Bool
    public let rule: Rule
    /// How many times stricter than alone the question is asked, for there are others: significant below α / strictness.
    public let strictness: Double
    private let looks: GroupLooks?

    /// The most looks whose power is integrated; of more it is that of the last alone, a lower bound, for each look makes the
    /// integration slower by more than the one before.
    public static let integratedLooks = 12

    private struct GroupLooks: Sendable, Equatable {
        let test: GroupSequentialTest
        let looks: [GroupSequentialTest.Look]
    }

    /// So many looks, evenly spread.
    public static func evenLooks(_ count: Int) -> [Double] { (0..<count).map { Double($0 + 1) / Double(count) } }

    /// - Throws: ``PlanError/parameter(_:)`` for what is out of range.
    public init(
        _ level: SignificanceLevel = .fivePercent, isTwoSided: Bool = true, rule: Rule = .fixed, strictness: Double = 1
    ) throws(PlanError) {
        guard isTwoSided || level.alpha < 0.5 else { throw .parameter("level") }
        guard strictness >= 1, let stricter = SignificanceLevel(alpha: level.alpha / strictness) else {
            throw .parameter("strictness")
        }
        self.level = level
        self.isTwoSided = isTwoSided
        self.rule = rule
        self.strictness = strictness
        switch rule {
        case .fixed: looks = nil
        case .alwaysValid(let units), .alwaysValidToItsEnd(let units):
            guard units > 0, units.isFinite else { throw .parameter("tightestAt") }
            looks = nil
        case .groupSequential(let spending, let fractions):
            guard let test = GroupSequentialTest(stricter, isTwoSided: isTwoSided, spending: spending) else {
                throw .parameter("power")
            }
            guard fractions.last == 1, let looks = test.looks(at: fractions) else { throw .parameter("looks") }
            self.looks = GroupLooks(test: test, looks: looks)
        }
    }

    private init(_ other: Self, looks: GroupLooks) {
        (level, isTwoSided, rule, strictness) = (other.level, other.isTwoSided, other.rule, other.strictness)
        self.looks = looks
    }

    /// A group-sequential test as far as it came by this share of the units: the test that ended at the last look that
    /// was reached, and the share of the units that it had.
    ///
    /// - Returns: nil before the first look; other tests as they are, with all units.
    func reached(_ fraction: Double) -> (design: Self, share: Double)? {
        guard let looks else { return (self, 1) }
        let reached = looks.looks.filter { $0.fraction <= fraction }
        guard let last = reached.last else { return nil }
        // Time that is counted in other units changes neither bounds nor what crosses them.
        let rescaled = reached.map {
            GroupSequentialTest.Look(
                fraction: $0.fraction / last.fraction, bound: $0.bound, spent: $0.spent, nominalAlpha: $0.nominalAlpha)
        }
        return (Self(self, looks: GroupLooks(test: looks.test, looks: rescaled)), last.fraction)
    }

    /// The z-score that the last look needs.
    ///
    /// - Parameter units: of both arms together, positive.
    public func criticalValue(units: Double) -> Double {
        let alpha = level.alpha / strictness
        switch rule {
        case .fixed: return Normal.upperQuantile(isTwoSided ? alpha / 2 : alpha)
        case .groupSequential: return looks?.looks.last?.bound ?? .infinity
        case .alwaysValid(let tightestAt):
            return sequence(tightestAt)?.criticalValue(units: units, strictness: strictness) ?? .infinity
        case .alwaysValidToItsEnd(let share):
            return sequence(share * units)?.criticalValue(units: units, strictness: strictness) ?? .infinity
        }
    }

    private func sequence(_ tightestAt: Double) -> ConfidenceSequence? {
        ConfidenceSequence(level, isTwoSided ? .twoSided : .greater, tightestAt: tightestAt)
    }

    /// The probability that the test finds an effect, of either sign where it is two-sided.
    ///
    /// - Parameters:
    ///   - drift: the effect in standard errors at the end.
    ///   - units: at the end, of both arms together.
    public func power(drift: Double, units: Double) -> Double {
        if let looks, looks.looks.count <= Self.integratedLooks {
            guard let crossing = looks.test.crossing(looks.looks, drift: drift) else { return .nan }
            return min(1, (crossing.upper + crossing.lower).reduce(0, +))
        }
        let critical = criticalValue(units: units)
        let up = Normal.survival(critical - drift)
        return isTwoSided ? up + Normal.survival(critical + drift) : up
    }
}
