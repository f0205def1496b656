/// Two arms compared: their means, how far chance may have moved them, and from that every kind of effect.
///
/// Whatever the metric (mean, proportion, ratio, clustered, quantile, adjusted by covariates, by strata), an analysis
/// ends here, so that effects, tests and intervals are the same formulas for all.
public struct Comparison: Sendable, Equatable {
    /// What each arm has of the metric; adjusted, where there are covariates or strata.
    public let treatmentMean: Double
    public let controlMean: Double
    /// Squared standard errors of these means.
    public let treatmentVariance: Double
    public let controlVariance: Double
    /// Of the two means: not 0 where both are adjusted to a common covariate mean or to common strata.
    public let covariance: Double
    /// Welch and Satterthwaite's for the difference; infinite where the normal distribution is taken.
    public let degreesOfFreedom: Double
    public let treatmentCount: Int
    public let controlCount: Int
    public let assumptions: [Assumption]
    /// What the covariates brought; nil without any.
    public let adjustment: CovariateAdjustment?

    /// From what was computed by ways that are not here.
    ///
    /// - Throws: `notFinite`, and `noVariance` if neither mean varies.
    public init(
        treatment: (mean: Double, variance: Double, count: Int), control: (mean: Double, variance: Double, count: Int),
        covariance: Double = 0, degreesOfFreedom: Double = .infinity, assumptions: [Assumption],
        adjustment: CovariateAdjustment? = nil
    ) throws(NotEnoughData) {
        treatmentMean = treatment.mean
        controlMean = control.mean
        treatmentVariance = treatment.variance
        controlVariance = control.variance
        self.covariance = covariance
        self.degreesOfFreedom = degreesOfFreedom
        treatmentCount = treatment.count
        controlCount = control.count
        self.assumptions = assumptions
        self.adjustment = adjustment
        let variance = treatmentVariance - 2 * covariance + controlVariance
        guard variance.isFinite, treatmentMean.isFinite, controlMean.isFinite else { throw .notFinite }
        guard variance > 0 else { throw .noVariance }
    }

    /// Treatment less control, in the metric's units.
    public var absolute: Estimate { difference(ratio: 1) }

    /// (Treatment - control) / control by the delta method: symmetric, and good where the control's mean is many
    /// standard errors from 0. ``relativeInterval(_:)`` holds everywhere.
    ///
    /// The whole covariance of the two means enters. An adjustment that divides by the control's mean and leaves out
    /// that the adjusted means move together understates the error.
    ///
    /// - Throws: `controlMeanIsZero`; `noVariance` where to first order nothing varies (the treatment is 0 throughout).
    public func relative() throws(NotEnoughData) -> Estimate {
        guard controlMean != 0 else { throw .controlMeanIsZero }
        let ratio = treatmentMean / controlMean
        let contrast = try contrast(ratio: ratio)
        return Estimate(
            value: ratio - 1, standardError: contrast.standardError / abs(controlMean),
            degreesOfFreedom: degreesOfFreedom)
    }

    /// Treatment less so many times the control, in the metric's units: 0 if the true relative effect is `ratio` - 1.
    ///
    /// Testing it is exact where the delta method is not, since nothing is divided (Fieller 1954).
    ///
    /// - Throws: `noVariance` where nothing varies at this ratio.
    public func contrast(ratio: Double) throws(NotEnoughData) -> Estimate {
        let estimate = difference(ratio: ratio)
        guard estimate.standardError > 0 else { throw .noVariance }
        return estimate
    }

    private func difference(ratio: Double) -> Estimate {
        let variance = treatmentVariance - 2 * ratio * covariance + ratio * ratio * controlVariance
        return Estimate(
            value: treatmentMean - ratio * controlMean, standardError: variance.squareRoot(),
            degreesOfFreedom: degreesOfFreedom)
    }
}

/// What covariates did to a comparison.
public struct CovariateAdjustment: Sendable, Equatable {
    /// By which each covariate was subtracted; 0 of one that is constant, or that others already tell.
    public let coefficients: [Double]
    /// How much smaller the variance of the difference became, from 0 to 1; CUPED's gain. Below 0 where covariates
    /// that tell nothing cost more degrees of freedom than they gave.
    public let varianceCut: Double
}
