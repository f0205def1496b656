/// Whether a metric is better when it is higher or when it is lower.
public enum Direction: Sendable, Hashable, CaseIterable {
    case higherIsBetter, lowerIsBetter
}

/// Whether the treatment is not worse than the control by a margin or more: what a guardrail asks.
///
/// The null hypothesis is that it is worse by the margin, so that small experiments do not pass by being small.
public struct NonInferiority: Sendable, Equatable {
    /// How much worse is too much; above 0 and finite.
    public enum Margin: Sendable, Hashable {
        /// In the metric's units.
        case absolute(Double)
        /// Of the control's mean, or of its magnitude if it is negative: 0.01 is one percent of it.
        case relative(Double)
    }

    /// What was estimated; of a relative margin, treatment - control ± margin·|control|.
    public let estimate: Estimate
    /// Of "worse by the margin or more".
    public let pValue: Double
    /// The worst effect that is not rejected at the level, as the margin is stated: absolute in the metric's units,
    /// relative as a share of the control's magnitude. Infinite where a relative effect has no bound.
    public let bound: Double
    /// Whether it is shown that the treatment is not worse by the margin.
    public let isShown: Bool

    /// - Parameter level: below 0.5.
    /// - Throws: `controlMeanIsZero` of a relative margin, and `noVariance`.
    public init(
        _ comparison: Comparison, margin: Margin, direction: Direction, level: SignificanceLevel = .fivePercent
    ) throws(NotEnoughData) {
        let isHigher = direction == .higherIsBetter
        let alternative: Alternative = isHigher ? .greater : .less
        switch margin {
        case .absolute(let margin):
            precondition(margin > 0 && margin < .infinity, "a margin is above 0")
            estimate = comparison.absolute
            let worst = isHigher ? -margin : margin
            pValue = estimate.pValue(alternative, null: worst)
            let interval = estimate.interval(level, alternative)
            bound = isHigher ? interval.lower : interval.upper
        case .relative(let margin):
            precondition(margin > 0 && margin < .infinity, "a margin is above 0")
            guard comparison.controlMean != 0 else { throw .controlMeanIsZero }
            // Tested without dividing by the control's mean.
            let sign: Double = comparison.controlMean < 0 ? -1 : 1
            estimate = try comparison.contrast(ratio: 1 - (isHigher ? sign : -sign) * margin)
            pValue = estimate.pValue(alternative)
            // One side of Fieller's interval at twice the level.
            guard let twice = SignificanceLevel(alpha: 2 * level.alpha),
                case .bounded(let interval) = comparison.relativeInterval(twice)
            else {
                bound = isHigher ? -.infinity : .infinity
                break
            }
            bound = sign * (isHigher == (sign > 0) ? interval.lower : interval.upper)
        }
        isShown = pValue <= level.alpha && bound.isFinite
    }
}
