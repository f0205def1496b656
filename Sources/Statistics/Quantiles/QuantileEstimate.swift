/// A quantile of an arm, and how far chance may have moved it.
///
/// The standard error comes from order statistics: the number of values below the true quantile is binomial, so the
/// values z·√(n·ν·(1-ν)) ranks below and above enclose it with known probability, and half their distance is z standard
/// errors. No density is estimated. (W. G. Cochran's and R. Wilcox's textbooks; H. A. David, Order Statistics, 2.5.)
public struct QuantileEstimate: Sendable, Equatable {
    /// The shares that can be asked for.
    public static let shares = 0.000_1...0.999_9

    /// 0.99 for the 99th percentile.
    public let share: Double
    public let value: Double
    public let standardError: Double
    /// How many values it is drawn from.
    public let count: Int
    public let assumptions: [Assumption]

    /// Of the interval that the standard error is drawn from.
    private static let z = Normal.upperQuantile(0.025)

    /// - Parameters:
    ///   - values: of a sketch, whose bins' width is counted in, or all of them.
    ///   - share: one of ``shares``.
    ///   - clusters: where clusters were randomised: of each how many of its values are at or below the quantile
    ///     (variable 0) and how many there are (variable 1).
    /// - Throws: `tooFewUnits` where the ranks leave the data, `quantileIsTied`, `notFinite`, and `noVariance` of
    ///   clusters that do not vary.
    public init(_ values: OrderedValues, share: Double, clusters: CrossMoments? = nil) throws(NotEnoughData) {
        precondition(Self.shares.contains(share), "a share from 0.0001 to 0.9999")
        guard values.isFinite else { throw .notFinite }
        let n = Double(values.count)
        let reach = Self.z * (n * share * (1 - share)).squareRoot()
        let rank = share * (n - 1)
        let (low, high) = (rank - reach, rank + reach)
        guard n >= 2, low >= 0, high <= n - 1 else {
            throw .tooFewUnits(have: values.count, need: Self.minimumCount(share))
        }
        guard !values.isTied(low, high) else { throw .quantileIsTied }
        let width = values.width(rank: rank)
        let distance = (values.value(rank: high) - values.value(rank: low)) / (2 * Self.z)
        var inflation = 1.0
        if let clusters {
            let indicator = try Quantities(clusters, [.ratio(0, by: 1)])
            inflation = indicator.covariance(0, 0) / (share * (1 - share) / n)
            guard inflation > 0 else { throw .noVariance }
        }
        self.share = share
        value = values.value(rank: rank)
        standardError = (distance * distance * inflation + width * width / 12).squareRoot()
        count = clusters?.count ?? values.count
        assumptions = [clusters == nil ? .independentUnits : .independentClusters, .smoothAtQuantile, .oneLook]
    }

    /// The fewest values of which the ranks stay within the data.
    public static func minimumCount(_ share: Double) -> Int {
        let small = min(share, 1 - share)
        let part = z * (share * (1 - share)).squareRoot()
        let root = (part + (part * part + 4 * small * small).squareRoot()) / (2 * small)
        return Int((root * root).rounded(.up))
    }
}

extension Comparison {
    /// Of one quantile in two arms, by the normal distribution.
    public init(treatment: QuantileEstimate, control: QuantileEstimate) throws(NotEnoughData) {
        precondition(treatment.share == control.share, "the same quantile of both arms")
        try self.init(
            treatment: (treatment.value, treatment.standardError * treatment.standardError, treatment.count),
            control: (control.value, control.standardError * control.standardError, control.count),
            assumptions: treatment.assumptions)
    }
}
