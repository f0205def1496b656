#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A test of the split between the arms that may be looked at after every unit, for as long as one likes.
///
/// The evidence is a martingale under the promised split: the Bayes factor of a Dirichlet mixture centred on it, with
/// `concentration` k, weights w, counts c and n = Σ c:
///
/// E = Γ(k)/Γ(k+n) · Π Γ(k wᵢ + cᵢ)/Γ(k wᵢ) · Π wᵢ^-cᵢ
///
/// By Ville's inequality it ever exceeds 1/α with probability α at most, so p = 1 / (the largest E so far).
///
/// Source: Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, section 3.
///
/// One state a phase: a phase has one split. Independent phases combine by adding their ``logEvidence``.
public struct SequentialSampleRatio: Sendable, Equatable {
    /// How firmly the alternative believes that a wrong split is near the promised one, in units.
    public static let usualConcentration = 100.0

    /// Of each arm, as promised; sums to 1.
    public let weights: [Double]
    public let concentration: Double
    /// Units seen in each arm.
    public private(set) var counts: [Int]
    /// ln E of now; infinite once an arm of weight 0 has a unit.
    public private(set) var logEvidence = 0.0
    /// The largest of all looks.
    public private(set) var largestLogEvidence = 0.0

    /// - Parameters:
    ///   - weights: of at least two arms, none negative, scaled to sum to 1; those of weight 0 must stay empty.
    ///   - concentration: positive and finite.
    /// - Returns: nil for numbers out of range.
    public init?(weights: [Double], concentration: Double = usualConcentration) {
        let sum = weights.reduce(0, +)
        guard weights.allSatisfy({ $0 >= 0 }), sum.isFinite, weights.count(where: { $0 > 0 }) >= 2 else {
            return nil
        }
        guard concentration > 0, concentration.isFinite else { return nil }
        self.weights = weights.map { $0 / sum }
        self.concentration = concentration
        self.counts = weights.map { _ in 0 }
    }

    /// From what ``counts`` and ``largestLogEvidence`` were.
    ///
    /// - Returns: nil for numbers out of range, also where the counts are not those of the weights.
    public init?(
        weights: [Double], concentration: Double = usualConcentration, counts: [Int], largestLogEvidence: Double
    ) {
        self.init(weights: weights, concentration: concentration)
        guard counts.count == weights.count, counts.allSatisfy({ $0 >= 0 }), largestLogEvidence >= 0 else { return nil }
        self.counts = counts
        logEvidence = evidence()
        self.largestLogEvidence = max(largestLogEvidence, logEvidence)
    }

    /// Adds units that came since the last look; the order within them does not matter.
    ///
    /// - Parameters:
    ///   - more: of each arm, in the order of the weights, none negative.
    public mutating func observe(_ more: [Int]) {
        precondition(more.count == counts.count && more.allSatisfy { $0 >= 0 }, "a count of each arm")
        for arm in counts.indices { counts[arm] += more[arm] }
        logEvidence = evidence()
        largestLogEvidence = max(largestLogEvidence, logEvidence)
    }

    /// Always valid: below α at some look with probability at most α when the split is as promised.
    public var pValue: Double { min(1, exp(-largestLogEvidence)) }

    private func evidence() -> Double {
        let total = Double(counts.reduce(0, +))
        var sum: Double = Gamma.logarithm(concentration) - Gamma.logarithm(concentration + total)
        for (weight, count) in zip(weights, counts) {
            if weight == 0 {
                if count > 0 { return .infinity }
                continue
            }
            let prior = concentration * weight
            sum += Gamma.logarithm(prior + Double(count)) - Gamma.logarithm(prior)
            sum -= Double(count) * log(weight)
        }
        return sum
    }
}
