/// What a running test can still find.
extension ExperimentPlan {
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

    /// The smallest effect that the last look would find with this probability, by the variance seen so far: what a
    /// fixed or always valid test of so many units can promise, whatever it shows now.
    ///
    /// - Parameters:
    ///   - units: at the end; nil for the units of now.
    /// - Throws: ``PlanError/parameter(_:)``.
    public func minimumDetectableEffect(
        _ interim: Interim, units: Double? = nil, power: Double
    ) throws(PlanError) -> Double {
        let units = units ?? Double(interim.units)
        guard units >= Double(interim.units), units.isFinite else { throw .parameter("units") }
        guard power > level.alpha, power < 1 else { throw .parameter("power") }
        let error = interim.estimate.standardError * (Double(interim.units) / units).squareRoot()
        // The chance to cross on the wrong side is left out: below 1e-6 for a power of 80 % and more.
        return error * (criticalValue(units: units) + Normal.upperQuantile(1 - power))
    }

    /// How many units the test needs in all to find `effect` with this probability, by the variance seen so far; the
    /// units of now where they suffice.
    ///
    /// - Throws: ``PlanError/outOfReach`` where a trillion units do not suffice.
    public func unitsNeeded(_ interim: Interim, effect: Double, power: Double) throws(PlanError) -> Int {
        guard effect.isFinite else { throw .parameter("effect") }
        guard try minimumDetectableEffect(interim, units: Self.largestUnits, power: power) <= abs(effect) else {
            throw .outOfReach
        }
        var (low, high) = (Double(interim.units) - 1, Double(interim.units))
        while try minimumDetectableEffect(interim, units: high, power: power) > abs(effect) {
            (low, high) = (high, high * 2)
        }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded()
            let found = try minimumDetectableEffect(interim, units: middle, power: power)
            if found > abs(effect) { low = middle } else { high = middle }
        }
        return Int(high.rounded(.up))
    }
}
