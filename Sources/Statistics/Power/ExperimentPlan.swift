/// What an experiment of two arms can find, before it runs: power, units, smallest effect.
///
/// The formulas are ``TestDesign``'s; here is what the standard error of an effect will be.
public struct ExperimentPlan: Sendable, Equatable {
    /// The most units that are looked for.
    public static let largestUnits = 1e12

    public let metric: Metric
    /// What effects are given and answered in.
    public let scale: EffectScale
    /// The share of the units that get the variant; the control gets the rest.
    public let variantShare: Double
    public let design: TestDesign

    /// - Throws: ``PlanError/parameter(_:)`` for a share out of range, ``PlanError/controlMeanIsZero`` for relative
    ///   effects of a mean of 0.
    public init(
        metric: Metric, scale: EffectScale, variantShare: Double = 0.5, design: TestDesign
    ) throws(PlanError) {
        guard scale == .absolute || metric.mean != 0 else { throw .controlMeanIsZero }
        guard variantShare > 0, variantShare < 1 else { throw .parameter("variantShare") }
        self.metric = metric
        self.scale = scale
        self.variantShare = variantShare
        self.design = design
    }

    /// Of the estimated effect, when the true one is `effect`. For a relative one by the delta method: the variance of
    /// ȳ/x̄ - 1.
    ///
    /// - Parameters:
    ///   - units: of both arms, positive.
    public func standardError(effect: Double, units: Double) -> Double {
        let kept = 1 - metric.explained
        let absolute = scale == .absolute ? effect : effect * abs(metric.mean)
        let variant = metric.variance(after: absolute) * kept / (units * variantShare)
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
        guard effect.isFinite, largestEffect(effect.sign).map({ abs(effect) <= $0 }) ?? true else {
            throw .parameter("effect")
        }
        guard units >= 2, units.isFinite else { throw .parameter("units") }
        return design.power(drift: effect / standardError(effect: effect, units: units), units: units)
    }

    /// The smallest number of units of both arms together that finds this effect with this probability.
    ///
    /// - Parameters:
    ///   - effect: not 0; above 0 where the test is one-sided.
    ///   - power: from α to below 1; 0.8 is usual.
    /// - Throws: ``PlanError/outOfReach`` where a trillion units do not suffice.
    public func units(effect: Double, power: Double) throws(PlanError) -> Int {
        try units(effect: effect, TestPower(design, power))
    }

    /// The same.
    ///
    /// - Parameter test: of this plan's design.
    public func units(effect: Double, _ test: TestPower) throws(PlanError) -> Int {
        guard effect.isFinite, largestEffect(effect.sign).map({ abs(effect) <= $0 }) ?? true else {
            throw .parameter("effect")
        }
        guard design.isTwoSided || effect > 0 else { throw .outOfReach }
        func finds(_ units: Double) -> Bool {
            abs(effect) >= test.drift(units: units) * standardError(effect: effect, units: units)
        }
        guard finds(Self.largestUnits) else { throw .outOfReach }
        var (low, high) = (1.0, 2.0)
        while !finds(high) { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded()
            if finds(middle) { high = middle } else { low = middle }
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
    ///   a decrease beyond -100 %, or a proportion beyond 0 or 1.
    public func minimumDetectableEffect(
        units: Double, power: Double, sign: FloatingPointSign = .plus
    ) throws(PlanError) -> Double {
        try minimumDetectableEffect(units: units, TestPower(design, power), sign: sign)
    }

    /// The same.
    ///
    /// - Parameter test: of this plan's design.
    public func minimumDetectableEffect(
        units: Double, _ test: TestPower, sign: FloatingPointSign = .plus
    ) throws(PlanError) -> Double {
        guard units >= 2, units.isFinite else { throw .parameter("units") }
        let direction = sign == .plus ? 1.0 : -1.0
        guard design.isTwoSided || sign == .plus else { throw .outOfReach }
        let drift = test.drift(units: units)
        func finds(_ effect: Double) -> Bool {
            effect >= drift * standardError(effect: direction * effect, units: units)
        }
        let unit = standardError(effect: 0, units: units)
        let largest = largestEffect(sign) ?? unit * 1e6
        guard drift.isFinite, finds(largest) else { throw .outOfReach }
        var (low, high) = (0.0, min(largest, unit))
        while !finds(high) { (low, high) = (high, min(largest, high * 2)) }
        while high - low > 1e-13 * high {
            let middle = (low + high) / 2
            if finds(middle) { high = middle } else { low = middle }
        }
        return direction * high
    }

    /// How far an effect can go; nil: without end.
    private func largestEffect(_ sign: FloatingPointSign) -> Double? {
        if metric.isProportion {
            let room = sign == .plus ? 1 - metric.mean : metric.mean
            return scale == .absolute ? room : room / metric.mean
        }
        return scale == .relative && sign == .minus ? 1 : nil
    }
}
