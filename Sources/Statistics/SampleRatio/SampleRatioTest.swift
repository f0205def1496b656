/// Whether units were split as configured: if not, something is broken, and no effect of the experiment means anything.
///
/// Pearson's χ² of the counts against the weights, summed over phases or days, each with its own weights: a ramp or an
/// uneven split is no mismatch. Arms of no weight have no part in the degrees of freedom.
///
/// What is wrong the same way all the time is found soonest by one split for each phase, what goes wrong on one day by
/// one for each day.
public struct SampleRatioTest: Sendable, Equatable {
    /// The units of each arm in one phase, or one day of a phase, of which the weights did not change.
    public struct Split: Sendable, Equatable {
        /// Units assigned, arm by arm; 0 or more.
        public let counts: [Int]
        /// In any scale: 0 or more, and finite.
        public let weights: [Double]

        /// nil unless there is a weight to every count, one is above 0, all are finite, and nothing is negative.
        public init?(counts: [Int], weights: [Double]) {
            guard counts.count == weights.count, counts.allSatisfy({ $0 >= 0 }),
                weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 })
            else { return nil }
            self.counts = counts
            self.weights = weights
        }
    }

    /// Units that each arm has to expect, by which the χ² distribution is close enough (W. G. Cochran 1954).
    public static let minimumExpected = 5.0

    public let chiSquared: Double
    /// For each split one less than it has arms of positive weight.
    public let degreesOfFreedom: Int
    /// Units in arms that have no weight, where there should be none.
    public let strayUnits: Int
    /// Splits that were left out because an arm expects fewer than ``minimumExpected`` units, or is alone.
    public let skippedSplits: Int
    /// Of so uneven a split by chance; 0 with stray units, which chance cannot bring.
    public let pValue: Double

    /// Whether the split is broken.
    public func isMismatch(_ level: SignificanceLevel = .tenthOfAPercent) -> Bool { pValue < level.alpha }

    /// - Throws: `tooFewUnits` if every split is left out and no unit is astray.
    public init(_ splits: [Split]) throws(NotEnoughData) {
        var chiSquared = 0.0
        var degreesOfFreedom = 0
        var strays = 0
        var skipped = 0
        // Of the splits left out, the largest.
        var nearest = (have: 0, need: Int(2 * Self.minimumExpected))
        for split in splits {
            let largest = split.weights.max() ?? 1
            let arms = zip(split.counts, split.weights).filter { $0.1 > 0 }.map { ($0.0, $0.1 / largest) }
            let units = arms.reduce(0) { $0 + $1.0 }
            strays += split.counts.reduce(0, +) - units
            let weight = arms.reduce(0) { $0 + $1.1 }
            let smallest = arms.reduce(weight) { min($0, $1.1) } / weight
            guard arms.count > 1, smallest * Double(units) >= Self.minimumExpected else {
                skipped += 1
                if arms.count > 1, units >= nearest.have {
                    nearest = (units, Int(min(Self.minimumExpected / smallest, 1e15).rounded(.up)))
                }
                continue
            }
            degreesOfFreedom += arms.count - 1
            for (count, share) in arms {
                let expected = share / weight * Double(units)
                chiSquared += (Double(count) - expected) * (Double(count) - expected) / expected
            }
        }
        guard degreesOfFreedom > 0 || strays > 0 else { throw .tooFewUnits(have: nearest.have, need: nearest.need) }
        self.chiSquared = chiSquared
        self.degreesOfFreedom = degreesOfFreedom
        strayUnits = strays
        skippedSplits = skipped
        pValue =
            strays > 0 ? 0 : ChiSquared(degreesOfFreedom: Double(degreesOfFreedom)).survival(chiSquared)
    }
}
