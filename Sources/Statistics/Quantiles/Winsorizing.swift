/// Bounds to which extreme values are pulled, so that a few units do not make the variance.
///
/// They have to be the same for all arms, or the arms are no longer comparable: drawn from all arms together.
public struct Winsorizing: Sendable, Equatable {
    public let lower: Double
    public let upper: Double

    /// nil unless lower is at most upper; infinite for a side without a bound.
    public init?(lower: Double = -.infinity, upper: Double = .infinity) {
        guard lower <= upper else { return nil }
        self.lower = lower
        self.upper = upper
    }

    /// At quantiles of the values of all arms together.
    ///
    /// - Parameters:
    ///   - lowerShare: from 0 (no bound) to below the upper share.
    ///   - upperShare: up to 1 (no bound).
    ///   - ignoringZeros: whether the quantiles are of those values that are not 0: where most units do nothing, the
    ///     99th percentile of all of them may itself be 0.
    /// - Throws: `tooFewUnits` of no values, `notFinite`.
    public init(
        _ values: QuantileSketch, lowerShare: Double = 0, upperShare: Double, ignoringZeros: Bool = false
    ) throws(NotEnoughData) {
        precondition(0 <= lowerShare && lowerShare < upperShare && upperShare <= 1, "shares in order, from 0 to 1")
        var values = values
        if ignoringZeros { values.forgetZeros() }
        let ordered = values.ordered
        guard ordered.isFinite else { throw .notFinite }
        guard ordered.count > 0 else { throw .tooFewUnits(have: 0, need: 1) }
        lower = lowerShare > 0 ? ordered.quantile(lowerShare) : -.infinity
        upper = upperShare < 1 ? ordered.quantile(upperShare) : .infinity
    }

    public func callAsFunction(_ value: Double) -> Double { min(max(value, lower), upper) }
}

extension QuantileSketch {
    fileprivate mutating func forgetZeros() {
        self = Self(counts: counts.filter { $0.key != 0 }, notFiniteCount: notFiniteCount)
    }
}
