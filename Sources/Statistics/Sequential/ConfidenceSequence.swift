#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An interval that may be looked at after every unit, for as long as one likes: with probability 1 - α it holds the
/// true effect at all looks together. Where it leaves 0 out, the test may stop.
///
/// An asymptotic confidence sequence with a Gaussian mixture boundary. Units are independent, the variance is finite,
/// and the first look has enough units for the central limit theorem (a hundred in each arm is a fair rule).
///
/// With n units, k = nρ², and standard error s of the effect:
///
/// - two-sided: half width = s √(2 (k+1)/k · ln(√(k+1) / α)), p = √(k+1) · exp(-z² k / 2(k+1))
/// - one-sided: half width = s √(2 (k+1)/k · ln(1 + √(k+1) / 2α)), p = √(k+1) / (2 · expm1(z² k / 2(k+1)))
///
/// Everything is reckoned in logarithms, so neither many units nor a large effect overflows.
///
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
/// confidence sequences", arXiv 2103.06476: theorem 2.2, proposition B.1, section B.2 for ρ.
public struct ConfidenceSequence: Sendable, Equatable {
    public static let assumptions: [Assumption] = [.independentUnits, .nearlyNormalMeans, .fixedPlan]

    /// What one look shows.
    public struct Look: Sendable, Equatable {
        /// Without an upper bound for ``Alternative/greater``, without a lower one for ``Alternative/less``.
        public let interval: Interval
        /// Always valid: below α at some look with probability at most α when there is no effect. 0 where it is below
        /// the smallest Double; ``logPValue`` tells more.
        public var pValue: Double { exp(logPValue) }
        /// The natural logarithm of the p-value; at most 0.
        public let logPValue: Double
    }

    /// The probability that the truth is ever outside; below ½ for a one-sided sequence.
    public let level: SignificanceLevel
    public let alternative: Alternative
    /// The number of units at which the interval is narrowest, compared with what it could be; it stays valid before and
    /// after.
    public let tightestAt: Double

    /// - Parameters:
    ///   - tightestAt: units of all arms compared, positive. Best what the test expects to have when it ends; it must
    ///     not be chosen after a look.
    /// - Returns: nil for numbers out of range.
    public init?(
        _ level: SignificanceLevel = .fivePercent, _ alternative: Alternative = .twoSided, tightestAt: Double = 5_000
    ) {
        guard alternative == .twoSided || level.alpha < 0.5, tightestAt > 0, tightestAt.isFinite else { return nil }
        self.level = level
        self.alternative = alternative
        self.tightestAt = tightestAt
    }

    /// ρ²: how much the mixture bets on large effects. A one-sided sequence of level α is tuned as the two-sided one of
    /// level 2α.
    private var rhoSquared: Double {
        let logarithm = -2 * log(alternative == .twoSided ? level.alpha : 2 * level.alpha)
        return (logarithm + log1p(logarithm)) / tightestAt
    }

    /// Half the width of the interval in standard errors: the z-score that leaves 0 out at this number of units.
    ///
    /// - Parameters:
    ///   - units: positive.
    ///   - strictness: 1 or more; leaves 0 out just where the p-value is below α / strictness. The sequence stays tuned to
    ///     α, so that a correction for several questions, which depends on the data, tunes nothing.
    public func criticalValue(units: Double, strictness: Double = 1) -> Double {
        let k = units * rhoSquared
        let alpha = level.alpha / strictness
        let logarithm =
            switch alternative {
            case .twoSided: 0.5 * log1p(k) - log(alpha)
            case .greater, .less: Self.log1pExp(0.5 * log1p(k) - log(2 * alpha))
            }
        return (2 * (1 + 1 / k) * logarithm).squareRoot()
    }

    /// What is known of an effect at this look.
    ///
    /// - Parameters:
    ///   - estimate: of the effect, in the metric's unit or relative. Its degrees of freedom do not matter here.
    ///   - units: of all arms compared, at least 2.
    /// - Throws: `notFinite`, `noVariance`, `tooFewUnits`.
    public func look(_ estimate: Estimate, units: Int) throws(NotEnoughData) -> Look {
        guard estimate.value.isFinite, estimate.standardError.isFinite else { throw .notFinite }
        guard units >= 2 else { throw .tooFewUnits(have: units, need: 2) }
        guard estimate.standardError > 0 else { throw .noVariance }
        let half = estimate.standardError * criticalValue(units: Double(units))
        let interval = Interval(
            lower: alternative == .less ? -.infinity : estimate.value - half,
            upper: alternative == .greater ? .infinity : estimate.value + half)
        return Look(interval: interval, logPValue: logPValue(zScore: estimate.statistic(), units: Double(units)))
    }

    private func logPValue(zScore: Double, units: Double) -> Double {
        let k = units * rhoSquared
        let evidence = 0.5 * zScore * zScore * k / (k + 1)
        let penalty = 0.5 * log1p(k)
        switch alternative {
        case .twoSided: return min(0, penalty - evidence)
        case .greater where zScore <= 0, .less where zScore >= 0: return 0
        case .greater, .less: return min(0, penalty - log(2) - Self.logExpm1(evidence))
        }
    }

    /// ln(1 + eˣ)
    private static func log1pExp(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }

    /// ln(eˣ - 1), x > 0
    private static func logExpm1(_ x: Double) -> Double { x > 1 ? x + log1p(-exp(-x)) : log(expm1(x)) }
}
