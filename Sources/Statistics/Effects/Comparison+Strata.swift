extension Comparison {
    /// What both arms have in one stratum (country, platform …).
    public typealias Stratum = (treatment: Moments, control: Moments)

    /// Post-stratification: arms are compared within strata, and the strata weighed by their share of all units.
    ///
    /// What strata explain of the metric no longer counts as chance (Miratrix, Sekhon and Yu, J. R. Stat. Soc. B 75,
    /// 2013). The effect is that on the population of which these units are a sample, so that what the strata's shares
    /// and effects vary by counts.
    ///
    /// - Parameter strata: those without units are left out.
    /// - Throws: `tooFewUnits` where a stratum has units but an arm in it has not two, and what a comparison of means
    ///   throws.
    public init(strata: [Stratum]) throws(NotEnoughData) {
        let strata = strata.filter { $0.treatment.count + $0.control.count > 0 }
        guard !strata.isEmpty else { throw .tooFewUnits(have: 0, need: 2) }
        for arm in strata.flatMap({ [$0.treatment, $0.control] }) {
            guard arm.count >= 2 else { throw .tooFewUnits(have: arm.count, need: 2) }
            guard arm.isFinite else { throw .notFinite }
        }
        let counts = (
            treatment: strata.reduce(0) { $0 + $1.treatment.count }, control: strata.reduce(0) { $0 + $1.control.count }
        )
        let total = Double(counts.treatment + counts.control)
        let shares = strata.map { Double($0.treatment.count + $0.control.count) / total }
        /// The weighed sum over strata.
        func sum(_ part: (Int) -> Double) -> Double {
            strata.indices.reduce(0) { $0 + shares[$1] * part($1) }
        }
        let treatmentMean = sum { strata[$0].treatment.mean }
        let controlMean = sum { strata[$0].control.mean }
        /// How much the shares of the strata, which chance draws as well, move two means together.
        func ofShares(_ a: (Stratum) -> Double, _ b: (Stratum) -> Double) -> Double {
            sum { a(strata[$0]) * b(strata[$0]) } / total
        }
        let treatmentDistance: (Stratum) -> Double = { $0.treatment.mean - treatmentMean }
        let controlDistance: (Stratum) -> Double = { $0.control.mean - controlMean }
        func within(_ arm: (Stratum) -> Moments) -> Double {
            sum { shares[$0] * arm(strata[$0]).variance / Double(arm(strata[$0]).count) }
        }
        let (withinT, withinC) = (within { $0.treatment }, within { $0.control })
        let residual = withinT + withinC
        guard residual.isFinite else { throw .notFinite }
        guard residual > 0 else { throw .noVariance }
        // Satterthwaite's, of every arm of every stratum.
        let spread = strata.indices.reduce(0.0) { sum, i in
            [strata[i].treatment, strata[i].control].reduce(sum) {
                let part = shares[i] * shares[i] * $1.variance / Double($1.count) / residual
                return $0 + part * part / Double($1.count - 1)
            }
        }
        try self.init(
            treatment: (
                treatmentMean, withinT + ofShares(treatmentDistance, treatmentDistance), counts.treatment
            ),
            control: (controlMean, withinC + ofShares(controlDistance, controlDistance), counts.control),
            covariance: ofShares(treatmentDistance, controlDistance), degreesOfFreedom: 1 / spread,
            assumptions: [.independentUnits, .nearlyNormalMeans, .oneLook, .strataPrecedeExposure])
    }
}
