/// Count, mean and variance of one variable, kept so that they can be merged and taken back.
///
/// The state is the count and the sums of x and x², each with twice the digits of a Double
/// (``CompensatedSum``). So the variance loses nothing to a large mean: its relative error is some 2⁻¹⁰⁴ times
/// (mean / standard deviation)², which at a mean of 10⁸ deviations is below the rounding of a Double. Unlike a running
/// mean and M2 it does not depend on the order of observations and merges beyond that, and what was added can be
/// removed again without a trace. Whole numbers (cents, counts, 0 and 1) are exact.
///
/// A value that is not finite makes ``mean`` and ``variance`` NaN for good: whoever draws a conclusion has to ask
/// ``isFinite``, as every test of this module does.
public struct Moments: Sendable, Equatable {
    public private(set) var count: Int
    /// Σx
    public private(set) var sum: CompensatedSum
    /// Σx²
    public private(set) var squares: CompensatedSum

    public init() { self.init(count: 0, sum: CompensatedSum(), squares: CompensatedSum()) }

    /// From what ``count``, ``sum`` and ``squares`` were.
    public init(count: Int, sum: CompensatedSum, squares: CompensatedSum) {
        self.count = count
        self.sum = sum
        self.squares = squares
    }

    /// From figures that others computed.
    ///
    /// - Parameters:
    ///   - variance: with the divisor count - 1.
    public init(count: Int, mean: Double, variance: Double) {
        let n = Double(count)
        self.count = count
        sum = CompensatedSum(product: n, mean)
        squares = CompensatedSum(product: mean, mean) * n + CompensatedSum(product: variance, n - 1)
    }

    /// Of units that did something, or did not: as many ones and zeros.
    public init(successes: Int, of count: Int) {
        self.init(
            count: count, sum: CompensatedSum(Double(successes)), squares: CompensatedSum(Double(successes)))
    }

    public init(_ values: some Sequence<Double>) {
        self.init()
        for value in values { add(value) }
    }

    public mutating func add(_ value: Double) {
        count += 1
        sum += value
        squares += CompensatedSum(product: value, value)
    }

    /// Takes back a value that was added, here or in what was merged.
    public mutating func remove(_ value: Double) {
        count -= 1
        sum += -value
        squares += -CompensatedSum(product: value, value)
    }

    public mutating func merge(_ other: Self) {
        count += other.count
        sum += other.sum
        squares += other.squares
    }

    /// Takes back what was merged.
    public mutating func remove(_ other: Self) {
        merge(Self(count: -other.count, sum: -other.sum, squares: -other.squares))
    }

    /// Whether every value so far was finite, and the sum of their squares is.
    public var isFinite: Bool { sum.value.isFinite && squares.value.isFinite }

    /// NaN of nothing.
    public var mean: Double { count > 0 ? sum.value / Double(count) : .nan }

    /// Σ(x - mean)², of which rounding is taken for 0.
    public var sumOfSquaredDeviations: Double { deviation(count, squares, sum, sum) / Double(count) }

    /// With the divisor count - 1; NaN below two values.
    public var variance: Double {
        count > 1 ? deviation(count, squares, sum, sum) / (Double(count) * Double(count - 1)) : .nan
    }
}

/// n·Σxy - Σx·Σy, of which no more is left than digits are: what is below 2⁻⁸⁰ of n·Σxy is rounding, hence 0.
///
/// Doubles that differ at all do so by 2⁻⁵³ of themselves, which is 2⁻¹⁰⁶ here; a deviation below 2⁻⁴⁰ of the mean
/// (10⁻¹²) is not told from none.
func deviation(_ count: Int, _ products: CompensatedSum, _ sum: CompensatedSum, _ other: CompensatedSum) -> Double {
    let total = products * Double(count)
    let difference = (total - sum * other).value
    return abs(difference) <= 0x1p-80 * abs(total.value) ? 0 : difference
}
