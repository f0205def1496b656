/// The relative effects that a test does not reject.
public enum RelativeInterval: Sendable, Equatable {
    case bounded(Interval)
    /// All but what is strictly between the bounds: the control's mean may be 0, and an effect relative to almost
    /// nothing can be huge either way.
    case outside(Interval)
    /// Nothing is excluded.
    case everything

    public func contains(_ effect: Double) -> Bool {
        switch self {
        case .bounded(let interval): interval.contains(effect)
        case .outside(let gap): effect <= gap.lower || effect >= gap.upper
        case .everything: true
        }
    }
}

extension Comparison {
    /// Fieller's interval of the relative effect: every δ of which ``contrast(ratio:)`` at 1 + δ is not significant.
    ///
    /// It excludes 0 exactly where the test of the absolute effect does, which the delta method's need not. Not
    /// symmetric, and unbounded where the control's mean is itself not significantly away from 0. (E. C. Fieller,
    /// J. R. Stat. Soc. B 16, 1954; the same degrees of freedom for all ratios.)
    public func relativeInterval(_ level: SignificanceLevel = .fivePercent) -> RelativeInterval {
        relativeInterval(criticalValue: StudentT(degreesOfFreedom: degreesOfFreedom).upperQuantile(level.alpha / 2))
    }

    /// The relative effects whose ``contrast(ratio:)`` is within so many standard errors of 0: with the critical value of
    /// a confidence sequence, or of a look of a group-sequential test, as valid as that is.
    ///
    /// - Parameter criticalValue: 0 or more; infinite where nothing is excluded.
    public func relativeInterval(criticalValue: Double) -> RelativeInterval {
        guard criticalValue < .infinity else { return .everything }
        let square = criticalValue * criticalValue
        // a·ρ² - 2·b·ρ + c ≤ 0
        let a = controlMean * controlMean - square * controlVariance
        let b = treatmentMean * controlMean - square * covariance
        // b² - a·c, with what cancels cancelled by hand.
        let spread =
            treatmentMean * treatmentMean * controlVariance - 2 * treatmentMean * controlMean * covariance
            + controlMean * controlMean * treatmentVariance
        let discriminant =
            square * (spread - square * (treatmentVariance * controlVariance - covariance * covariance))
        guard discriminant >= 0, a != 0 else { return .everything }
        let root = discriminant.squareRoot()
        let ends = [(b - root) / a - 1, (b + root) / a - 1].sorted()
        let interval = Interval(lower: ends[0], upper: ends[1])
        return a > 0 ? .bounded(interval) : .outside(interval)
    }
}
