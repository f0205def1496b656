/// With which probability a test shall find an effect, and how large the effect has to be for that.
public struct TestPower: Sendable, Equatable {
    public let design: TestDesign
    /// Above the design's level, and below 1.
    public let power: Double
    /// What every number of units requires; nil where each requires its own.
    private let drift: Double?

    /// - Throws: ``PlanError/parameter(_:)`` for a power out of range.
    public init(_ design: TestDesign, _ power: Double) throws(PlanError) {
        guard power > design.level.alpha, power < 1 else { throw .parameter("power") }
        self.design = design
        self.power = power
        if case .alwaysValid = design.rule {
            drift = nil
        } else {
            drift = Self.drift(design, power, units: 1)
        }
    }

    /// The effect in standard errors that is found with this probability, to some 1e-12.
    ///
    /// - Parameter units: at the end, of both arms together.
    public func drift(units: Double) -> Double { drift ?? Self.drift(design, power, units: units) }

    private static func drift(_ design: TestDesign, _ power: Double, units: Double) -> Double {
        // The last look alone finds this one.
        let alone = design.criticalValue(units: units) + Normal.upperQuantile(1 - power)
        // In z-scores of the power it is nearly a line, so that few steps lead there.
        let target = -Normal.upperQuantile(power)
        func distance(_ drift: Double) -> Double {
            -Normal.upperQuantile(design.power(drift: drift, units: units)) - target
        }
        var (low, high) = (0.0, alone)
        var (atLow, atHigh) = (distance(low), distance(high))
        guard alone.isFinite, atLow < 0, atHigh > 0 else { return alone }
        for _ in 0..<100 where high - low > 1e-13 * high {
            let next = max(low, min(high, low - atLow * (high - low) / (atHigh - atLow)))
            let found = distance(next)
            if abs(found) < 1e-13 { return next }
            // A bound that stays counts half, or the other would come nearer by small steps (Dowell and Jarratt 1971).
            if found < 0 {
                (low, atLow, atHigh) = (next, found, atHigh / 2)
            } else {
                (high, atHigh, atLow) = (next, found, atLow / 2)
            }
        }
        return high
    }

    /// Of a group-sequential test as far as it came by this share of the units: the power of the test that ended at the last
    /// look that was reached, and the share of the units that it had.
    ///
    /// - Returns: nil before the first look; other tests as they are, with all units.
    /// - Throws: never for a power that was taken.
    public func reached(_ fraction: Double) throws(PlanError) -> (test: TestPower, share: Double)? {
        guard case .groupSequential = design.rule else { return (self, 1) }
        guard let (reached, share) = design.reached(fraction) else { return nil }
        return (try TestPower(reached, power), share)
    }
}
