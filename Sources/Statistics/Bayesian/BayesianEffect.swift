#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is believed of an effect after the data: a normal posterior, and what follows from it in closed form.
///
/// The likelihood of the estimate is normal with its standard error, the prior is normal or flat, so the posterior's
/// precision is the sum of the two and its mean their average, weighted by precision (Gelman et al., "Bayesian Data
/// Analysis", 3rd edition, section 2.5). Assumes that the standard error is known, which holds from some hundred units.
public struct BayesianEffect: Sendable, Equatable {
    public static let assumptions: [Assumption] = [.independentUnits, .nearlyNormalMeans, .priorPrecedesData]

    /// What was believed before: a normal distribution on a scale of its own. It is carried over to the scale of the
    /// estimate by the control's mean, so it always means what its author wrote.
    public struct Prior: Sendable, Equatable {
        public let mean: Double
        public let standardDeviation: Double
        public let scale: EffectScale

        /// - Parameters:
        ///   - standardDeviation: positive and finite; for "nothing is known", give no prior.
        /// - Returns: nil for numbers out of range.
        public init?(mean: Double, standardDeviation: Double, scale: EffectScale) {
            guard mean.isFinite, standardDeviation > 0, standardDeviation.isFinite else { return nil }
            self.mean = mean
            self.standardDeviation = standardDeviation
            self.scale = scale
        }
    }

    /// Of the posterior, on the scale of the estimate.
    public let mean: Double
    public let standardDeviation: Double
    public let direction: Direction

    /// - Parameters:
    ///   - estimate: the variant less the control, on `scale`. Its degrees of freedom do not matter here.
    ///   - prior: nil for a flat one.
    ///   - controlMean: taken only where the prior is on the other scale, and then not 0. A negative one counts by its
    ///     size.
    ///   - direction: which way is better.
    /// - Throws: `notFinite`, `noVariance`, `controlMeanIsZero`.
    public init(
        _ estimate: Estimate, scale: EffectScale, prior: Prior? = nil, controlMean: Double,
        direction: Direction = .higherIsBetter
    ) throws(NotEnoughData) {
        let (estimate, standardError) = (estimate.value, estimate.standardError)
        guard estimate.isFinite, standardError.isFinite else { throw .notFinite }
        guard standardError > 0 else { throw .noVariance }
        self.direction = direction
        guard let prior else {
            mean = estimate
            standardDeviation = standardError
            return
        }
        var factor = 1.0
        if prior.scale != scale {
            guard controlMean != 0 else { throw .controlMeanIsZero }
            guard controlMean.isFinite else { throw .notFinite }
            factor = scale == .absolute ? abs(controlMean) : 1 / abs(controlMean)
        }
        // By shares, not by precisions, so that nothing overflows: the smaller deviation has the larger share.
        let priorDeviation = prior.standardDeviation * factor
        let scaleOfBoth = hypot(priorDeviation, standardError)
        let share = (priorDeviation / scaleOfBoth) * (priorDeviation / scaleOfBoth)
        let priorMean = prior.mean * factor
        mean = priorMean + share * (estimate - priorMean)
        standardDeviation = standardError * (priorDeviation / scaleOfBoth)
    }

    /// The mean in standard deviations, positive where the variant is better.
    private var advantage: Double { (direction == .higherIsBetter ? mean : -mean) / standardDeviation }

    /// The probability that the variant is better than the control: Φ(μ/σ).
    public var chanceToWin: Double { Normal.cumulative(advantage) }

    /// The probability that the control is better, computed directly: 1e-20 is not 0.
    public var chanceToLose: Double { Normal.survival(advantage) }

    /// What choosing the variant is expected to cost against knowing the truth: σ φ(μ/σ) - μ Φ(-μ/σ), on the scale of
    /// the effect, at least 0.
    public var expectedLoss: Double { standardDeviation * Self.unitLoss(advantage) }

    /// What choosing the control is expected to cost: σ φ(μ/σ) + μ Φ(μ/σ).
    public var expectedLossOfControl: Double { standardDeviation * Self.unitLoss(-advantage) }

    /// The middle of the posterior, which holds the effect with probability 1 - α.
    public func interval(_ level: SignificanceLevel = .fivePercent) -> Interval {
        Estimate(value: mean, standardError: standardDeviation).interval(level)
    }

    /// E max(0, Z - z) = φ(z) - z Φ(-z) for a standard normal Z, without the cancellation that eats the digits of that
    /// difference when z is large: there it is Φ(-z) / (z + 2/(z + 3/(z + …))), the continued fraction of the repeated
    /// integral of the tail (DLMF 7.18.13).
    static func unitLoss(_ z: Double) -> Double {
        guard z > 2 else { return Normal.density(z) - z * Normal.survival(z) }
        var fraction = z
        for level in stride(from: 120.0, through: 2, by: -1) { fraction = z + level / fraction }
        return Normal.survival(z) / fraction
    }
}
