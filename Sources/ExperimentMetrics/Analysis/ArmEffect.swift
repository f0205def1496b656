public import Statistics

/// What an arm does to a metric, against the control.
public struct ArmEffect: Sendable, Equatable {
    /// The effect on one scale.
    public struct Scaled: Sendable, Equatable {
        /// In the metric's unit, or as a share of the control's magnitude.
        public let value: Double
        /// Standard error and degrees of freedom; nil where the interval is of few successes.
        public let estimate: Estimate?
        /// By the plan's engine and correction; nil where it has no bounds: relative to a control that may be 0.
        public let interval: Interval?
        /// Chance to win, expected loss; of ``AnalysisPlan/Engine/bayesian(_:)`` only.
        public let posterior: BayesianEffect?
    }

    /// Of both arms, adjusted where there are covariates, and weighed over phases.
    public let treatmentMean: Double
    public let controlMean: Double
    public let treatmentCount: Int
    public let controlCount: Int
    public let absolute: Scaled
    /// (Treatment - control) / |control|.
    public let relative: Result<Scaled, NotEnoughData>
    /// Of "no difference", before the correction; nil of engines that have none.
    public let pValue: Double?
    /// After the correction; nil without one.
    public let adjusted: PValueAdjustment.Adjusted?
    /// What CUPED brought; nil without a covariate.
    public let adjustment: CovariateAdjustment?
    /// Of the metric's margin, one-sided at half the plan's level as the interval is; of ``AnalysisPlan/Engine/fixed``
    /// only.
    public let nonInferiority: NonInferiority?
    /// Phases with units that could not be compared: an arm has none there, or too few.
    public let phasesLeftOut: [Int]
    public let assumptions: [Assumption]

    /// The effect on a scale; nil where it has none.
    public func effect(_ scale: EffectScale) -> Scaled? {
        scale == .absolute ? absolute : try? relative.get()
    }
}

extension ArmEffect {
    init(
        _ question: Question, _ definition: MetricDefinition, _ rule: InferenceRule, pValue: Double?,
        adjusted: PValueAdjustment.Adjusted?, strictness: Double
    ) throws(NotEnoughData) {
        self.pValue = pValue
        self.adjusted = adjusted
        phasesLeftOut = question.phasesLeftOut
        (treatmentCount, controlCount) = question.counts
        let correction = adjusted == nil ? [] : rule.plan.correction?.assumptions ?? []
        switch question.answer {
        case .few(let proportions):
            (treatmentMean, controlMean) = (proportions.treatment.value, proportions.control.value)
            let level = SignificanceLevel(alpha: rule.plan.level.alpha / strictness) ?? rule.plan.level
            absolute = Scaled(
                value: treatmentMean - controlMean, estimate: nil, interval: proportions.interval(level),
                posterior: nil)
            relative = .failure(
                .tooFewSuccesses(have: proportions.fewest, need: AnalysisPlan.fewestSuccesses))
            adjustment = nil
            nonInferiority = nil
            assumptions = [.independentUnits, .oneLook] + correction
        case .comparison(let comparison):
            (treatmentMean, controlMean) = (comparison.treatmentMean, comparison.controlMean)
            adjustment = comparison.adjustment
            assumptions = rule.assumptions(comparison.assumptions) + correction
            if case .bayesian(let prior) = rule.plan.engine {
                absolute = try Scaled(
                    comparison.absolute, .absolute, prior, comparison, definition, level: rule.plan.level)
                relative = Result { () throws(NotEnoughData) in
                    try Scaled(
                        comparison.relativeToMagnitude(), .relative, prior, comparison, definition,
                        level: rule.plan.level)
                }
            } else {
                let reach = rule.criticalValue(comparison, strictness: strictness) ?? .infinity
                absolute = Scaled(comparison, within: reach)
                relative = Result { () throws(NotEnoughData) in try Scaled(relative: comparison, within: reach) }
            }
            nonInferiority = definition.nonInferiority(comparison, rule.plan)
        }
    }
}

extension ArmEffect.Scaled {
    fileprivate init(_ comparison: Comparison, within reach: Double) {
        let estimate = comparison.absolute
        value = estimate.value
        self.estimate = estimate
        interval = Interval(
            lower: value - reach * estimate.standardError, upper: value + reach * estimate.standardError)
        posterior = nil
    }

    /// Fieller's interval, so that it leaves 0 out just where the absolute one does.
    fileprivate init(relative comparison: Comparison, within reach: Double) throws(NotEnoughData) {
        let estimate = try comparison.relativeToMagnitude()
        value = estimate.value
        self.estimate = estimate
        posterior = nil
        guard case .bounded(let bounds) = comparison.relativeInterval(criticalValue: reach) else {
            interval = nil
            return
        }
        interval = comparison.controlMean < 0 ? Interval(lower: -bounds.upper, upper: -bounds.lower) : bounds
    }

    fileprivate init(
        _ estimate: Estimate, _ scale: EffectScale, _ prior: BayesianEffect.Prior?, _ comparison: Comparison,
        _ definition: MetricDefinition, level: SignificanceLevel
    ) throws(NotEnoughData) {
        let posterior = try BayesianEffect(
            estimate, scale: scale, prior: prior, controlMean: comparison.controlMean, direction: definition.direction)
        value = estimate.value
        self.estimate = estimate
        self.posterior = posterior
        interval = posterior.interval(level)
    }
}

extension Comparison {
    /// As a share of the control's magnitude, so that more is more of a negative mean too.
    fileprivate func relativeToMagnitude() throws(NotEnoughData) -> Estimate {
        let estimate = try relative()
        return controlMean < 0
            ? Estimate(
                value: -estimate.value, standardError: estimate.standardError,
                degreesOfFreedom: estimate.degreesOfFreedom) : estimate
    }
}

extension MetricDefinition {
    fileprivate func nonInferiority(_ comparison: Comparison, _ plan: AnalysisPlan) -> NonInferiority? {
        guard plan.engine == .fixed, let margin, let half = SignificanceLevel(alpha: plan.level.alpha / 2) else {
            return nil
        }
        return try? NonInferiority(
            comparison, margin: scale == .absolute ? .absolute(margin) : .relative(margin), direction: direction,
            level: half)
    }
}
