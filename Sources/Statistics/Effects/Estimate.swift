/// An estimated number, and how far chance may have moved it: what every engine draws its conclusions from.
///
/// `(value - truth) / standardError` is taken to follow Student's t distribution.
public struct Estimate: Sendable, Equatable {
    /// In the units of the metric, or relative (0.1 for 10 % more).
    public let value: Double
    /// Above 0, in the same units.
    public let standardError: Double
    /// Above 0; infinite where the normal distribution is taken.
    public let degreesOfFreedom: Double

    /// - Parameter standardError: above 0 and finite, as is whatever an analysis of this module returns.
    public init(value: Double, standardError: Double, degreesOfFreedom: Double = .infinity) {
        self.value = value
        self.standardError = standardError
        self.degreesOfFreedom = degreesOfFreedom
    }

    private var distribution: StudentT { StudentT(degreesOfFreedom: degreesOfFreedom) }

    /// How many standard errors the value is from the null.
    public func statistic(null: Double = 0) -> Double { (value - null) / standardError }

    /// The probability of a statistic at least as extreme, if the null value were true.
    ///
    /// By survival functions, never as 1 - P: the smallest p-values keep their digits.
    public func pValue(_ alternative: Alternative = .twoSided, null: Double = 0) -> Double {
        let statistic = statistic(null: null)
        return switch alternative {
        case .twoSided: distribution.twoSided(statistic)
        case .greater: distribution.survival(statistic)
        case .less: distribution.survival(-statistic)
        }
    }

    /// The values that a test at this level does not reject. A one-sided interval has one infinite bound: with the
    /// alternative ``Alternative/greater`` the upper.
    public func interval(
        _ level: SignificanceLevel = .fivePercent, _ alternative: Alternative = .twoSided
    ) -> Interval {
        let alpha = alternative == .twoSided ? level.alpha / 2 : level.alpha
        let reach = distribution.upperQuantile(alpha) * standardError
        return Interval(
            lower: alternative == .less ? -.infinity : value - reach,
            upper: alternative == .greater ? .infinity : value + reach)
    }
}
