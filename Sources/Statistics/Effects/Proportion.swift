/// So many successes of so many units.
public struct Proportion: Sendable, Equatable {
    public let successes: Int
    public let count: Int

    /// nil unless there is a unit, and successes are from 0 to the count.
    public init?(successes: Int, of count: Int) {
        guard count > 0, (0...count).contains(successes) else { return nil }
        self.successes = successes
        self.count = count
    }

    public var value: Double { Double(successes) / Double(count) }

    /// Wilson's score interval, which stays within 0 and 1 and holds for few successes too (E. B. Wilson, JASA 22, 1927).
    public func interval(_ level: SignificanceLevel = .fivePercent) -> Interval {
        let z = Normal.upperQuantile(level.alpha / 2)
        let n = Double(count)
        let weight = z * z / n
        let middle = (value + weight / 2) / (1 + weight)
        let reach = z / (1 + weight) * (value * (1 - value) / n + weight / (4 * n)).squareRoot()
        return Interval(
            lower: successes == 0 ? 0 : max(middle - reach, 0), upper: successes == count ? 1 : min(middle + reach, 1))
    }
}

/// Two proportions compared, where successes or failures are few; elsewhere ``Comparison`` of their ``Moments`` tells
/// the same, and everything else too.
public struct ProportionComparison: Sendable, Equatable {
    public let treatment: Proportion
    public let control: Proportion

    public init(treatment: Proportion, control: Proportion) {
        self.treatment = treatment
        self.control = control
    }

    /// The difference in standard errors under "no difference", which pools both arms: its square is Pearson's χ².
    ///
    /// - Throws: `noVariance` if all units of both arms did the same.
    public func scoreStatistic() throws(NotEnoughData) -> Double {
        let (n, m) = (Double(treatment.count), Double(control.count))
        let pooled = Double(treatment.successes + control.successes) / (n + m)
        guard pooled > 0, pooled < 1 else { throw .noVariance }
        return (treatment.value - control.value) / (pooled * (1 - pooled) * (1 / n + 1 / m)).squareRoot()
    }

    /// Of the score test.
    ///
    /// - Throws: `noVariance` if all units of both arms did the same.
    public func pValue(_ alternative: Alternative = .twoSided) throws(NotEnoughData) -> Double {
        Estimate(value: try scoreStatistic(), standardError: 1).pValue(alternative)
    }

    /// Newcombe's interval of the difference, made of both arms' Wilson intervals (R. G. Newcombe, Stat. Med. 17, 1998,
    /// method 10). It exists with no success at all, too.
    public func interval(_ level: SignificanceLevel = .fivePercent) -> Interval {
        let (t, c) = (treatment.interval(level), control.interval(level))
        func length(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
        let difference = treatment.value - control.value
        return Interval(
            lower: difference - length(treatment.value - t.lower, c.upper - control.value),
            upper: difference + length(t.upper - treatment.value, control.value - c.lower))
    }
}
