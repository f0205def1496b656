/// How many values fall where, so finely that quantiles can be told: counts that merge and can be taken back.
///
/// A value's bin is its sign, its exponent and the first ``mantissaBits`` bits of its fraction. So bins are at most
/// 2⁻⁹ of their values wide, every quantile is told to within ±0.1 % of itself, and 0 has a bin of its own. The state
/// holds whole numbers only: no order, no number of shards and no retraction changes a bit of it.
///
/// (The idea of relative bins is that of HDR histograms and of DDSketch, Masson et al., VLDB 2019; taking them from the
/// bits needs no logarithm.)
public struct QuantileSketch: Sendable, Equatable {
    /// Bins per power of two, as a power of two.
    public static let mantissaBits = 9
    /// How far a quantile told by the middle of its bin can be from the value, relative to that.
    public static let relativeError = 0x1p-10

    private static let shift = 52 - mantissaBits

    /// How many finite values there are in each bin that has any, by ``key(of:)``.
    public private(set) var counts: [Int32: Int] = [:]
    /// How many values there are in all, of those that are finite.
    public private(set) var count = 0
    /// How many values were NaN or infinite.
    public private(set) var notFiniteCount = 0

    public init() {}

    public init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// From what ``counts`` and ``notFiniteCount`` were.
    public init(counts: [Int32: Int], notFiniteCount: Int = 0) {
        self.counts = counts
        self.notFiniteCount = notFiniteCount
        count = counts.values.reduce(0, +)
    }

    /// The bin of a finite value; greater values have greater keys.
    public static func key(of value: Double) -> Int32 {
        let magnitude = Int32(value.magnitude.bitPattern >> UInt64(shift))
        return value < 0 && magnitude > 0 ? -magnitude : magnitude
    }

    /// The values of a bin: its ends. What is below 2⁻¹⁰³¹ counts as 0.
    public static func bounds(ofKey key: Int32) -> Interval {
        guard key != 0 else { return Interval(lower: 0, upper: 0) }
        let near = Double(bitPattern: UInt64(key.magnitude) << UInt64(shift))
        let far = min(Double(bitPattern: UInt64(key.magnitude + 1) << UInt64(shift)), .greatestFiniteMagnitude)
        return key > 0 ? Interval(lower: near, upper: far) : Interval(lower: -far, upper: -near)
    }

    public mutating func add(_ value: Double) { add(value, times: 1) }

    /// Takes back a value that was added, here or in what was merged.
    public mutating func remove(_ value: Double) { add(value, times: -1) }

    private mutating func add(_ value: Double, times: Int) {
        guard value.isFinite else {
            notFiniteCount += times
            return
        }
        count(Self.key(of: value), times)
    }

    public mutating func merge(_ other: Self) {
        notFiniteCount += other.notFiniteCount
        for (key, times) in other.counts { count(key, times) }
    }

    /// Takes back what was merged.
    public mutating func remove(_ other: Self) {
        notFiniteCount -= other.notFiniteCount
        for (key, times) in other.counts { count(key, -times) }
    }

    private mutating func count(_ key: Int32, _ times: Int) {
        count += times
        let sum = counts[key, default: 0] + times
        counts[key] = sum == 0 ? nil : sum
    }

    /// Where each value lies in order.
    public var ordered: OrderedValues { OrderedValues(self) }
}
