/// What a running test can still find.
extension TestDesign {
    /// What the test shows now: an effect on the plan's scale, with CUPED already in its standard error.
    public struct Interim: Sendable, Equatable {
        public let estimate: Estimate
        /// Of both arms together.
        public let units: Int

        /// - Returns: nil below two units, or for an estimate whose error is not above 0 and finite.
        public init?(_ estimate: Estimate, units: Int) {
            guard estimate.value.isFinite, estimate.standardError > 0, estimate.standardError.isFinite, units >= 2
            else {
                return nil
            }
            self.estimate = estimate
            self.units = units
        }
    }

    /// The probability that the last look is significant, given what is there: conditional power.
    ///
    /// The last estimate is the average of the one of now and that of the units to come, so it is normal with mean
    /// w · estimate + (1 - w) · effect and variance s² w (1 - w), w being the units of now by those of the end and s the
    /// standard error of now (Lan and Wittes, Biometrics 44 (1988)).
    ///
    /// - Parameters:
    ///   - effect: what the units to come are assumed to show; nil for what those of now do, which is hopeful after a
    ///     lucky start.
    ///   - units: at the end, of both arms together; not fewer than now.
    /// - Throws: ``PlanError/parameter(_:)``.
    public func conditionalPower(_ interim: Interim, effect: Double? = nil, units: Double) throws(PlanError)
        -> Double
    {
        guard units >= Double(interim.units), units.isFinite else { throw .parameter("units") }
        guard effect?.isFinite != false else { throw .parameter("effect") }
        let done = Double(interim.units) / units
        let error = interim.estimate.standardError * done.squareRoot()
        let threshold = criticalValue(units: units) * error
        let mean = done * interim.estimate.value + (1 - done) * (effect ?? interim.estimate.value)
        let deviation = error * (1 - done).squareRoot()
        guard deviation > 0 else { return mean > threshold || (isTwoSided && mean < -threshold) ? 1 : 0 }
        let up = Normal.survival((threshold - mean) / deviation)
        return isTwoSided ? up + Normal.survival((threshold + mean) / deviation) : up
    }

    /// The probability that the test finds an effect at its end, by the variance seen so far, whatever it shows now.
    ///
    /// - Parameter units: at the end.
    /// - Throws: ``PlanError/parameter(_:)``.
    public func power(_ interim: Interim, effect: Double, units: Double) throws(PlanError) -> Double {
        guard units >= Double(interim.units), units.isFinite else { throw .parameter("units") }
        guard effect.isFinite else { throw .parameter("effect") }
        return power(drift: effect / interim.standardError(units: units), units: units)
    }
}

extension TestPower {
    /// The smallest effect that the test finds, by the variance seen so far: what it can promise, whatever it shows now.
    ///
    /// - Parameters:
    ///   - units: at the end; nil for the units of now, or fewer, of a look that was before now.
    /// - Throws: ``PlanError/parameter(_:)``.
    public func minimumDetectableEffect(
        _ interim: TestDesign.Interim, units: Double? = nil
    ) throws(PlanError) -> Double {
        let units = units ?? Double(interim.units)
        guard units > 0, units.isFinite else { throw .parameter("units") }
        return interim.standardError(units: units) * drift(units: units)
    }

    /// How many units the test needs in all to find `effect`, by the variance seen so far; the units of now where they
    /// suffice.
    ///
    /// - Throws: ``PlanError/outOfReach`` where a trillion units do not suffice.
    public func unitsNeeded(_ interim: TestDesign.Interim, effect: Double) throws(PlanError) -> Int {
        guard effect.isFinite else { throw .parameter("effect") }
        func finds(_ units: Double) -> Bool {
            abs(effect) >= drift(units: units) * interim.standardError(units: units)
        }
        guard finds(ExperimentPlan.largestUnits) else { throw .outOfReach }
        var (low, high) = (Double(interim.units) - 1, Double(interim.units))
        while !finds(high) { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded()
            if finds(middle) { high = middle } else { low = middle }
        }
        return Int(high.rounded(.up))
    }
}

extension TestDesign.Interim {
    /// Of the estimate when there are so many units.
    fileprivate func standardError(units: Double) -> Double {
        estimate.standardError * (Double(self.units) / units).squareRoot()
    }
}
