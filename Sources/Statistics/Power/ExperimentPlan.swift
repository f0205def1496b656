#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What an experiment of two arms can find, before it runs: power, units, smallest effect.
///
/// The estimate is taken as normal with standard error s. A fixed test finds an effect δ with probability
/// Φ(δ/s - z) + Φ(-δ/s - z), z the critical value (Cohen 1988; Chow et al., "Sample Size Calculations in Clinical
/// Research", section 3.2). A ``Rule/alwaysValid(tightestAt:)`` test has its own z at each number of units, and the power
/// is that of its last look, so a lower bound. A ``Rule/groupSequential(_:looks:)`` test has the power of all its looks.
public struct ExperimentPlan: Sendable, Equatable {
    /// When the test may stop.
    public enum Rule: Sendable, Equatable {
        /// At its end only.
        case fixed
        /// Whenever it likes: ``ConfidenceSequence``.
        case alwaysValid(tightestAt: Double)
        /// At so many looks, evenly spread: ``GroupSequentialTest``.
        case groupSequential(AlphaSpending, looks: Int)
    }

    /// The metric as it is before: per unit of the control.
    public struct Metric: Sendable, Equatable {
        /// Not 0 where the effect is relative.
        public let mean: Double
        /// Positive. Of a proportion p it is p (1 - p).
        public let variance: Double
        /// The variance in the variant; the same as the control's unless it is given.
        public let variantVariance: Double
        /// The share of the variance that CUPED takes away, R² of the covariates, from 0 to below 1.
        public let explained: Double

        public init(mean: Double, variance: Double, variantVariance: Double? = nil, explained: Double = 0)
            throws(PlanError)
        {
            guard mean.isFinite else { throw .parameter("mean") }
            guard variance > 0, variance.isFinite else { throw .parameter("variance") }
            let variantVariance = variantVariance ?? variance
            guard variantVariance > 0, variantVariance.isFinite else { throw .parameter("variantVariance") }
            guard explained >= 0, explained < 1 else { throw .parameter("explained") }
            self.mean = mean
            self.variance = variance
            self.variantVariance = variantVariance
            self.explained = explained
        }
    }

    /// The most units that are looked for.
    public static let largestUnits = 1e12

    public let metric: Metric
    /// What effects are given and answered in.
    public let scale: EffectScale
    /// The share of the units that get the variant; the control gets the rest.
    public let variantShare: Double
    /// Of both sides where there are two.
    public let level: SignificanceLevel
    public let isTwoSided: Bool
    public let rule: Rule
    private let sequence: ConfidenceSequence?
    private let looks: GroupLooks?

    private struct GroupLooks: Sendable, Equatable {
        let test: GroupSequentialTest
        let looks: [GroupSequentialTest.Look]
    }

    /// - Throws: ``PlanError/parameter(_:)`` for numbers out of range, ``PlanError/controlMeanIsZero`` for relative
    ///   effects of a mean of 0.
    public init(
        metric: Metric, scale: EffectScale, variantShare: Double = 0.5,
        level: SignificanceLevel = .fivePercent, isTwoSided: Bool = true, rule: Rule = .fixed
    ) throws(PlanError) {
        guard scale == .absolute || metric.mean != 0 else { throw .controlMeanIsZero }
        guard variantShare > 0, variantShare < 1 else { throw .parameter("variantShare") }
        guard isTwoSided || level.alpha < 0.5 else { throw .parameter("level") }
        self.metric = metric
        self.scale = scale
        self.variantShare = variantShare
        self.level = level
        self.isTwoSided = isTwoSided
        self.rule = rule
        switch rule {
        case .fixed:
            sequence = nil
            looks = nil
        case .alwaysValid(let tightestAt):
            sequence = ConfidenceSequence(level, isTwoSided ? .twoSided : .greater, tightestAt: tightestAt)
            looks = nil
            guard sequence != nil else { throw .parameter("tightestAt") }
        case .groupSequential(let spending, let count):
            sequence = nil
            guard let test = GroupSequentialTest(level, isTwoSided: isTwoSided, spending: spending) else {
                throw .parameter("power")
            }
            guard (1...GroupSequentialTest.largestLookCount).contains(count),
                let looks = test.looks(at: (1...count).map { Double($0) / Double(count) })
            else { throw .parameter("looks") }
            self.looks = GroupLooks(test: test, looks: looks)
        }
    }

    /// Of the estimated effect, when the true one is `effect`. For a relative one by the delta method: the variance of
    /// ȳ/x̄ - 1.
    ///
    /// - Parameters:
    ///   - units: of both arms, positive.
    public func standardError(effect: Double, units: Double) -> Double {
        let kept = 1 - metric.explained
        let variant = metric.variantVariance * kept / (units * variantShare)
        let control = metric.variance * kept / (units * (1 - variantShare))
        guard scale == .relative else { return (variant + control).squareRoot() }
        return (variant + (1 + effect) * (1 + effect) * control).squareRoot() / abs(metric.mean)
    }

    /// The probability that the test finds this effect, of either sign where it is two-sided.
    ///
    /// - Parameters:
    ///   - effect: on the plan's scale.
    ///   - units: of both arms together, at least 2.
    /// - Throws: ``PlanError/parameter(_:)``.
    public func power(effect: Double, units: Double) throws(PlanError) -> Double {
        guard effect.isFinite else { throw .parameter("effect") }
        guard units >= 2, units.isFinite else { throw .parameter("units") }
        let drift = effect / standardError(effect: effect, units: units)
        if let looks {
            guard let crossing = looks.test.crossing(looks.looks, drift: drift) else { throw .parameter("effect") }
            return min(1, (crossing.upper + crossing.lower).reduce(0, +))
        }
        let critical = criticalValue(units: units)
        let up = Normal.survival(critical - drift)
        return isTwoSided ? up + Normal.survival(critical + drift) : up
    }

    /// The z-score that the last look needs.
    func criticalValue(units: Double) -> Double {
        sequence?.criticalValue(units: units) ?? looks?.looks.last?.bound
            ?? Normal.upperQuantile(isTwoSided ? level.alpha / 2 : level.alpha)
    }

    /// The smallest number of units of both arms together that finds this effect with this probability.
    ///
    /// - Parameters:
    ///   - effect: not 0; above 0 where the test is one-sided.
    ///   - power: from α to below 1; 0.8 is usual.
    /// - Throws: ``PlanError/outOfReach`` where a trillion units do not suffice.
    public func units(effect: Double, power: Double) throws(PlanError) -> Int {
        try checkPower(power)
        guard try self.power(effect: effect, units: Self.largestUnits) >= power else { throw .outOfReach }
        var (low, high) = (1.0, 2.0)
        while try self.power(effect: effect, units: high) < power { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded()
            if try self.power(effect: effect, units: middle) < power { low = middle } else { high = middle }
        }
        return Int(high)
    }

    /// The smallest effect of this sign that is found with this probability.
    ///
    /// - Parameters:
    ///   - units: of both arms together, at least 2.
    ///   - sign: of the effect; a one-sided test finds increases only.
    /// - Returns: the effect with its sign, on the plan's scale; to a relative 1e-12.
    /// - Throws: ``PlanError/outOfReach`` where no effect is found that often, as with a relative one of few units,
    ///   or with a decrease beyond -100 %.
    public func minimumDetectableEffect(
        units: Double, power: Double, sign: FloatingPointSign = .plus
    ) throws(PlanError) -> Double {
        try checkPower(power)
        let sign = sign == .plus ? 1.0 : -1.0
        guard isTwoSided || sign > 0 else { throw .outOfReach }
        let unit = standardError(effect: 0, units: units)
        let largest = scale == .relative && sign < 0 ? 1 : unit * 1e6
        guard try self.power(effect: sign * largest, units: units) >= power else { throw .outOfReach }
        var (low, high) = (0.0, min(largest, unit))
        while try self.power(effect: sign * high, units: units) < power {
            (low, high) = (high, min(largest, high * 2))
        }
        while high - low > 1e-13 * high {
            let middle = (low + high) / 2
            if try self.power(effect: sign * middle, units: units) < power { low = middle } else { high = middle }
        }
        return sign * high
    }

    private func checkPower(_ power: Double) throws(PlanError) {
        guard power > level.alpha, power < 1 else { throw .parameter("power") }
    }
}
