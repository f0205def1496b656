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
        try self.init(blocks: [(treatment, control)], metric: metric, covariates: covariates)
    }

    /// What both arms have in one block: a stretch within which units were assigned by constant shares.
    public typealias Block = (treatment: CrossMoments, control: CrossMoments)

    /// The same, of units that came in blocks, such as the phases of an experiment whose allocation changed.
    ///
    /// Both arms are compared as if they had the same mix of blocks, so that a metric that drifts while shares change
    /// moves nothing (Simpson's paradox). A block of n and m units weighs n·m / (n + m): that is the least squares fit
    /// of metric ~ arm + block, and the best there is where the effect does not depend on the block. A ramp of few
    /// treated units so weighs little, however many controls it has. The weights are taken from counts alone. Ratios
    /// are those of the weighed means; covariates have one set of coefficients within all blocks.
    ///
    /// Where shares follow what earlier blocks showed, as a bandit's do, n·m / (n + m) follows it too: a lucky block goes
    /// on to weigh more, and the mean is biased. Then ``BlockWeights/units`` weighs by what no result can move.
    ///
    /// - Parameters:
    ///   - blocks: at least one; of several the effect is the weighed mean of theirs.
    ///   - blockWeights: what a block counts for.
    /// - Throws: `tooFewUnits` where an arm of a block has not two, and what the comparison of one block throws.
    public init(
        blocks: [Block], metric: Quantity = .mean(0), covariates: [Quantity] = [],
        blockWeights: BlockWeights = .precision
    ) throws(NotEnoughData) {
        guard !blocks.isEmpty else { throw .tooFewUnits(have: 0, need: 2) }
        let quantities = [metric] + covariates
        let weights = blockWeights.shares(blocks.map { ($0.treatment.count, $0.control.count) })
        let t = try Quantities(zip(blocks, weights).map { ($0.treatment, $1) }, quantities)
        let c = try Quantities(zip(blocks, weights).map { ($0.control, $1) }, quantities)
        let total = Double(t.count + c.count)
        let cells = Double(2 * blocks.count)
        let fit = WithinArmRegression(t, c)
        guard total > cells + fit.rank else {
            throw .tooFewUnits(have: t.count + c.count, need: Int(cells + 1 + fit.rank))
        }

        // What the parts of an adjusted mean contribute: of the metric, of both, of the covariates.
        let (ofTreatment, ofControl) = (fit.parts(t), fit.parts(c))
        let (residualsT, residualsC) = (fit.residuals(t), fit.residuals(c))
        let degreesLost = (total - cells) / (total - cells - fit.rank)
        let (plainT, plainC) = (
            residualsT.reduce(0) { $0 + $1.ofMean }, residualsC.reduce(0) { $0 + $1.ofMean }
        )
        let pooled =
            (residualsT + residualsC).reduce(0) { $0 + $1.sumOfSquares } / (total - cells - fit.rank)
        let leverage = pooled * fit.leverage

        // mean = own mean - share·Σθ·(difference of covariate means), where the share is the other arm's.
        let (shareT, shareC) = (Double(c.count) / total, Double(t.count) / total)
        let covariates = ofTreatment.covariates + ofControl.covariates + leverage
        let varianceT =
            ofTreatment.metric - 2 * shareT * ofTreatment.cross + shareT * shareT * covariates
            + plainT * (degreesLost - 1)
        let varianceC =
            ofControl.metric - 2 * shareC * ofControl.cross + shareC * shareC * covariates
            + plainC * (degreesLost - 1)
        let covariance = shareC * ofTreatment.cross + shareT * ofControl.cross - shareT * shareC * covariates

        let residual = (plainT + plainC) * degreesLost
        let plain = ofTreatment.metric + ofControl.metric
        guard plain.isFinite else { throw .notFinite }
        guard plain > 0, residual > 0x1p-80 * plain else { throw .noVariance }
        let spread = (residualsT + residualsC).reduce(0) {
            let part = $1.ofMean / (plainT + plainC)
            return $0 + part * part / ($1.cell.count - 1)
        }
        var assumptions: [Assumption] = [.independentUnits, .nearlyNormalMeans, .oneLook]
        if case .ratio = metric { assumptions.append(.linearRatio) }
        if !fit.coefficients.isEmpty { assumptions.append(.covariatesPrecedeExposure) }
        if blocks.count > 1 {
            assumptions.append(.strataPrecedeExposure)
            if blockWeights == .units { assumptions.append(.sharesFollowThePast) }
        }
        try self.init(
            treatment: (t.values[0] - shareT * fit.shift, varianceT, t.count),
            control: (c.values[0] + shareC * fit.shift, varianceC, c.count), covariance: covariance,
            degreesOfFreedom: 1 / spread / degreesLost, assumptions: assumptions,
            adjustment: fit.coefficients.isEmpty
                ? nil
                : CovariateAdjustment(
                    coefficients: fit.coefficients, varianceCut: 1 - (residual + leverage) / plain))
    }
}
