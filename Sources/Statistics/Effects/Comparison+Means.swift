extension Comparison {
    /// Welch's t test of two means: arms may differ in size and variance.
    ///
    /// Degrees of freedom by B. L. Welch (Biometrika 34, 1947).
    ///
    /// - Throws: `tooFewUnits` below two in an arm, `noVariance`, `notFinite`.
    public init(treatment: Moments, control: Moments) throws(NotEnoughData) {
        try self.init(treatment: CrossMoments(treatment), control: CrossMoments(control))
    }

    /// Means or ratios, optionally adjusted by covariates (CUPED; Deng et al., WSDM 2013).
    ///
    /// Without covariates this is Welch's test, of ratios by the delta method (Deng et al., KDD 2018). With them, the
    /// metric is regressed on the covariates within arms, by one set of coefficients for both (analysis of covariance):
    /// the difference is the coefficient of the arm in the ordinary least squares fit of metric ~ arm + covariates,
    /// and for arms of one size its standard error is that fit's. For others the residual variances of the arms are
    /// kept apart, as Welch does. The error of the coefficients themselves is counted in.
    ///
    /// The arms' means are adjusted to the mean of the covariates over both arms, so they move together: the
    /// covariance says how, and relative effects use it.
    ///
    /// - Parameters:
    ///   - metric: of the variables of both moments.
    ///   - covariates: measured before exposure; ratios allowed.
    /// - Throws: `tooFewUnits` below two in an arm, or where both have not two more than there are covariates, and
    ///   `noVariance`, `notFinite`, `denominatorIsZero`.
    public init(
        treatment: CrossMoments, control: CrossMoments, metric: Quantity = .mean(0), covariates: [Quantity] = []
    ) throws(NotEnoughData) {
        let quantities = [metric] + covariates
        let (t, c) = (try Quantities(treatment, quantities), try Quantities(control, quantities))
        let (treatmentCount, controlCount) = (Double(t.count), Double(c.count))
        let total = treatmentCount + controlCount
        let fit = WithinArmRegression(t, c)
        guard total > 2 + fit.rank else { throw .tooFewUnits(have: t.count + c.count, need: Int(3 + fit.rank)) }

        // What the parts of an adjusted mean contribute: of the metric, of both, of the covariates.
        let (ofTreatment, ofControl) = (fit.parts(t), fit.parts(c))
        let degreesLost = (total - 2) / (total - 2 - fit.rank)
        let (residualT, residualC) = (ofTreatment.residual * degreesLost, ofControl.residual * degreesLost)
        let pooled =
            (residualT * treatmentCount * (treatmentCount - 1) + residualC * controlCount * (controlCount - 1))
            / (total - 2)
        let leverage = pooled * fit.leverage

        // mean = own mean - share·Σθ·(difference of covariate means), where the share is the other arm's.
        let (shareT, shareC) = (controlCount / total, treatmentCount / total)
        let covariates = ofTreatment.covariates + ofControl.covariates + leverage
        let varianceT =
            ofTreatment.metric - 2 * shareT * ofTreatment.cross + shareT * shareT * covariates
            + (residualT - ofTreatment.residual)
        let varianceC =
            ofControl.metric - 2 * shareC * ofControl.cross + shareC * shareC * covariates
            + (residualC - ofControl.residual)
        let covariance = shareC * ofTreatment.cross + shareT * ofControl.cross - shareT * shareC * covariates

        let residual = residualT + residualC
        let plain = ofTreatment.metric + ofControl.metric
        guard plain.isFinite else { throw .notFinite }
        guard plain > 0, residual > 0x1p-80 * plain else { throw .noVariance }
        let (partT, partC) = (residualT / residual, residualC / residual)
        let welch = 1 / (partT * partT / (treatmentCount - 1) + partC * partC / (controlCount - 1))
        var assumptions: [Assumption] = [.independentUnits, .nearlyNormalMeans, .oneLook]
        if case .ratio = metric { assumptions.append(.linearRatio) }
        if !fit.coefficients.isEmpty { assumptions.append(.covariatesPrecedeExposure) }
        try self.init(
            treatment: (t.values[0] - shareT * fit.shift, varianceT, t.count),
            control: (c.values[0] + shareC * fit.shift, varianceC, c.count), covariance: covariance,
            degreesOfFreedom: welch / degreesLost, assumptions: assumptions,
            adjustment: fit.coefficients.isEmpty
                ? nil
                : CovariateAdjustment(
                    coefficients: fit.coefficients, varianceCut: 1 - (residual + leverage) / plain))
    }
}
