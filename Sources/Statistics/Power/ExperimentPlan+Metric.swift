extension ExperimentPlan {
    /// A metric as it is before: per unit of the control.
    public struct Metric: Sendable, Equatable {
        /// Not 0 where the effect is relative.
        public let mean: Double
        /// Positive. Of a proportion p it is p (1 - p).
        public let variance: Double
        /// The share of the variance that CUPED takes away, R² of the covariates, from 0 to below 1.
        public let explained: Double
        /// Whether the variance is that of a share of units, in the variant of its own share.
        public let isProportion: Bool
        private let variantVariance: Double

        /// - Parameter variantVariance: nil: the same as the control's.
        public init(mean: Double, variance: Double, variantVariance: Double? = nil, explained: Double = 0)
            throws(PlanError)
        {
            guard mean.isFinite else { throw .parameter("mean") }
            guard variance > 0, variance.isFinite else { throw .parameter("variance") }
            let variantVariance = variantVariance ?? variance
            guard variantVariance > 0, variantVariance.isFinite else { throw .parameter("variantVariance") }
            guard explained >= 0, explained < 1 else { throw .parameter("explained") }
            self.mean = mean
            self.variance = variance
            self.variantVariance = variantVariance
            self.explained = explained
            isProportion = false
        }

        /// Of units that do something, or do not.
        ///
        /// - Parameter proportion: above 0 and below 1.
        public init(proportion: Double, explained: Double = 0) throws(PlanError) {
            guard proportion > 0, proportion < 1 else { throw .parameter("mean") }
            guard explained >= 0, explained < 1 else { throw .parameter("explained") }
            mean = proportion
            variance = proportion * (1 - proportion)
            variantVariance = variance
            self.explained = explained
            isProportion = true
        }

        /// The variance in a variant that has this effect, in the metric's unit.
        public func variance(after effect: Double) -> Double {
            guard isProportion else { return variantVariance }
            let share = mean + effect
            return max(0, share * (1 - share))
        }

        /// The same metric looked at from the other side, where less is more.
        public var mirrored: Self {
            get throws(PlanError) {
                isProportion
                    ? try Self(proportion: 1 - mean, explained: explained)
                    : try Self(
                        mean: -mean, variance: variance, variantVariance: variantVariance, explained: explained)
            }
        }
    }
}

extension ExperimentPlan.Metric {
    /// As units of one arm were: a mean or a ratio, with what its covariates explain of it.
    ///
    /// What is explained is R² of the least squares fit on the covariates, corrected for how many they are (Ezekiel's
    /// adjusted R²), at least 0.
    ///
    /// - Parameters:
    ///   - isProportion: whether each unit has 0 or 1.
    ///   - covariates: measured before exposure.
    /// - Throws: `tooFewUnits` where there are not two more than covariates, `noVariance`, `notFinite`,
    ///   `denominatorIsZero`.
    public init(
        _ moments: CrossMoments, of metric: Quantity = .mean(0), isProportion: Bool = false, covariates: [Quantity] = []
    ) throws(NotEnoughData) {
        let quantities = try Quantities(moments, [metric] + covariates)
        let size = covariates.count
        func covariance(_ i: Int, _ j: Int) -> Double { quantities.cells[0].covariances[i * (size + 1) + j] }
        let variance = covariance(0, 0)
        guard variance.isFinite else { throw .notFinite }
        guard variance > 0 else { throw .noVariance }
        let solver = Cholesky((0..<size).map { i in (0..<size).map { covariance(i + 1, $0 + 1) } })
        let fit = solver.solve((0..<size).map { covariance($0 + 1, 0) })
        let explained = zip(fit, 1...).reduce(0) { $0 + $1.0 * covariance($1.1, 0) } / variance
        let (count, rank) = (Double(moments.count), Double(solver.rank))
        guard count > 1 + rank else { throw .tooFewUnits(have: moments.count, need: 2 + solver.rank) }
        let adjusted = max(0, 1 - (1 - explained) * (count - 1) / (count - 1 - rank))
        guard adjusted < 1 - 0x1p-40 else { throw .noVariance }
        do throws(PlanError) {
            self =
                isProportion
                ? try Self(proportion: quantities.values[0], explained: adjusted)
                : try Self(mean: quantities.values[0], variance: variance, explained: adjusted)
        } catch {
            throw .noVariance
        }
    }
}
