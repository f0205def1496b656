/// Values in ascending order: all of them, or the bins of a sketch, within which they are taken to lie evenly.
public struct OrderedValues: Sendable {
    private struct Bin {
        let bounds: Interval
        /// How many values there are in all bins before, and with this one.
        let before: Int
        let through: Int
    }

    private let bins: [Bin]
    public let count: Int
    /// Whether every value is a number.
    public let isFinite: Bool

    public init(_ sketch: QuantileSketch) {
        var bins: [Bin] = []
        var before = 0
        for (key, count) in sketch.counts.sorted(by: { $0.key < $1.key }) where count > 0 {
            bins.append(Bin(bounds: QuantileSketch.bounds(ofKey: key), before: before, through: before + count))
            before += count
        }
        self.bins = bins
        count = before
        isFinite = sketch.notFiniteCount == 0
    }

    public init(_ values: some Sequence<Double>) {
        let values = values.sorted()
        bins = values.enumerated().map { Bin(bounds: Interval(lower: $1, upper: $1), before: $0, through: $0 + 1) }
        count = values.count
        isFinite = values.allSatisfy(\.isFinite)
    }

    /// The value that so many others precede, from 0 to count - 1; between two by linear interpolation.
    public func value(rank: Double) -> Double {
        let whole = min(max(rank.rounded(.down), 0), Double(count - 1))
        let (low, high) = (value(index: Int(whole)), value(index: min(Int(whole) + 1, count - 1)))
        return low + (high - low) * min(max(rank - whole, 0), 1)
    }

    /// The quantile at a share from 0 to 1: of ranks 0 to n - 1 that at share·(n - 1) (Hyndman and Fan 1996, type 7).
    ///
    /// - Returns: NaN of no values, and of a share out of range.
    public func quantile(_ share: Double) -> Double {
        count > 0 && (0...1).contains(share) ? value(rank: share * Double(count - 1)) : .nan
    }

    private func value(index: Int) -> Double {
        let bin = bin(index)
        let (lower, upper) = (bin.bounds.lower, bin.bounds.upper)
        let place = (Double(index - bin.before) + 0.5) / Double(bin.through - bin.before)
        return lower + (upper - lower) * place
    }

    /// How wide the bin is in which the value of this rank lies; 0 of values that are known.
    func width(rank: Double) -> Double {
        let bounds = bin(Int(rank)).bounds
        return bounds.upper - bounds.lower
    }

    /// Whether values of two ranks are the same, or not told apart.
    func isTied(_ rank: Double, _ other: Double) -> Bool {
        bin(Int(rank.rounded(.down))).bounds == bin(min(Int(other.rounded(.up)), count - 1)).bounds
    }

    private func bin(_ index: Int) -> Bin {
        var (low, high) = (0, bins.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if bins[middle].through > index { high = middle } else { low = middle + 1 }
        }
        return bins[low]
    }
}
