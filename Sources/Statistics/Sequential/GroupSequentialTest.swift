#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A test with a planned end that may be looked at on the way: each look has a bound, and the z-score that crosses it
/// stops the test. All looks together are wrong with probability α at most.
///
/// Tighter than a ``ConfidenceSequence`` at the end, if the end is planned.
///
/// Bounds and probabilities by recursive integration of the sub-density of the score process (Armitage, McPherson and
/// Rowe, JRSS A 132 (1969); Jennison and Turnbull, "Group Sequential Methods" (2000), chapter 19), to about 1e-10.
public struct GroupSequentialTest: Sendable, Equatable {
    public static let assumptions: [Assumption] = [.independentUnits, .nearlyNormalMeans, .fixedPlan]

    /// The z-score beyond which no bound is looked for (it has p = 6e-16): a look that may spend less has no bound, and
    /// leaves what it did not spend to the next.
    static let largestBound = 8.0
    /// Looks in one test, at most.
    public static let largestLookCount = 200

    public struct Look: Sendable, Equatable {
        /// Of the planned information: units so far by units planned, when units are alike.
        public let fraction: Double
        /// The z-score that stops the test, in either direction where it is two-sided; infinite where the look cannot.
        public let bound: Double
        /// Of α, up to this look.
        public let spent: Double
        /// The p-value that belongs to the bound, as if there were no other look.
        public let nominalAlpha: Double

        /// The repeated confidence interval (Jennison and Turnbull 2000, chapter 9): those of all looks together hold the
        /// effect with probability 1 - α. Everything, where the look cannot stop. For a two-sided test.
        public func interval(of estimate: Estimate) -> Interval {
            guard bound < .infinity else { return Interval(lower: -.infinity, upper: .infinity) }
            let reach = bound * estimate.standardError
            return Interval(lower: estimate.value - reach, upper: estimate.value + reach)
        }
    }

    /// The probability of crossing at each look: upwards, and downwards.
    public struct Crossing: Sendable, Equatable {
        public let upper: [Double]
        public let lower: [Double]
    }

    /// Of all looks, and of both sides where there are two.
    public let level: SignificanceLevel
    public let isTwoSided: Bool
    public let spending: AlphaSpending

    /// - Returns: nil unless α is below ½ where there is one side, and a power is positive and finite.
    public init?(_ level: SignificanceLevel = .fivePercent, isTwoSided: Bool = true, spending: AlphaSpending) {
        guard isTwoSided || level.alpha < 0.5 else { return nil }
        if case .power(let power) = spending, !(power > 0 && power.isFinite) { return nil }
        self.level = level
        self.isTwoSided = isTwoSided
        self.spending = spending
    }

    /// The bounds of all looks so far, the last one being of now. An earlier bound never depends on a later look.
    ///
    /// - Parameters:
    ///   - fractions: of the planned information, each more than the one before, by a millionth at least; one of 1 or
    ///     more spends what is left and is the last.
    /// - Returns: nil for no looks, or looks out of order, too close or too many.
    public func looks(at fractions: [Double]) -> [Look]? {
        let sideAlpha = isTwoSided ? level.alpha / 2 : level.alpha
        guard var process = ScoreProcess(fractions, drift: 0) else { return nil }
        var looks: [Look] = []
        var spent = 0.0
        for fraction in fractions {
            let allowed = spending.spent(at: fraction, alpha: sideAlpha) - spent
            process.advance()
            let bound = process.bound(crossedWith: allowed)
            spent += process.probabilityAbove(bound)
            process.stop(lower: isTwoSided ? -bound : -.infinity, upper: bound)
            looks.append(
                Look(
                    fraction: fraction, bound: bound, spent: isTwoSided ? 2 * spent : spent,
                    nominalAlpha: (isTwoSided ? 2 : 1) * Normal.survival(bound)))
        }
        return looks
    }

    /// How likely each look stops the test when there is an effect.
    ///
    /// - Parameters:
    ///   - looks: of ``looks(at:)``.
    ///   - drift: the effect by its standard error at fraction 1: the mean of the last z-score. 0 for no effect. Beyond
    ///     20 in size it is taken as 20, where the last look is certain.
    /// - Returns: nil where there are no looks, or the drift is not a number.
    public func crossing(_ looks: [Look], drift: Double) -> Crossing? {
        guard !drift.isNaN, var process = ScoreProcess(looks.map(\.fraction), drift: min(20, max(-20, drift))) else {
            return nil
        }
        var crossing: (upper: [Double], lower: [Double]) = ([], [])
        for look in looks {
            process.advance()
            crossing.upper.append(process.probabilityAbove(look.bound))
            crossing.lower.append(isTwoSided ? process.probabilityBelow(-look.bound) : 0)
            process.stop(lower: isTwoSided ? -look.bound : -.infinity, upper: look.bound)
        }
        return Crossing(upper: crossing.upper, lower: crossing.lower)
    }
}
