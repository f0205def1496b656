/// What a set of units amounts to for one metric: all that is ever kept of them for analysis.
///
/// It merges, and what was merged is taken back, in any order: with whole values without changing a bit, with others up
/// to some 2⁻¹⁰⁰ of the sums of their magnitudes. ``total`` is the dense part, one row of it a day; ``bins`` is there
/// for quantiles and for bounds at shares only, a row for each key.
public struct MetricSums: Sendable, Equatable {
    /// Units, and sums over them: `CrossMoments` of ``MetricDefinition/variableCount`` variables.
    public private(set) var total: Tally
    /// By the bin of a value (`QuantileSketch.key(of:)`): what ``MetricDefinition/binSumCount`` says. Never zero.
    public private(set) var bins: [Int32: Tally]

    /// Of no units.
    init(sumCount: Int) { self.init(total: Tally(sumCount: sumCount)) }

    public init(total: Tally, bins: [Int32: Tally] = [:]) {
        self.total = total
        self.bins = bins
    }

    public mutating func merge(_ other: Self) {
        total.merge(other.total)
        for (key, tally) in other.bins {
            bins[key, default: Tally(sumCount: tally.sums.count)].merge(tally)
            dropIfZero(key)
        }
    }

    /// Takes back what was merged.
    public mutating func remove(_ other: Self) {
        total.remove(other.total)
        for (key, tally) in other.bins {
            bins[key, default: Tally(sumCount: tally.sums.count)].remove(tally)
            dropIfZero(key)
        }
    }

    private mutating func dropIfZero(_ key: Int32) {
        if bins[key]?.isZero == true { bins[key] = nil }
    }

    /// Whether merging it changes nothing.
    public var isZero: Bool { total.isZero && bins.isEmpty }
}
