/// A sum of numbers as an unevaluated pair, high + low: twice the digits of a Double, some 32.
///
/// Numbers come and go, and sums are merged, in any order: the result differs by at most some 2⁻¹⁰⁴ of the sum of the
/// magnitudes for each step. Whole numbers below 2⁵³, with sums below 2¹⁰⁵, are exact: no order, no number of shards
/// and no retraction changes a bit. (T. J. Dekker, Numer. Math. 18, 1971; M. Joldes et al., ACM TOMS 44, 2017.)
public struct CompensatedSum: Sendable, Equatable {
    /// The sum, rounded.
    public private(set) var high: Double
    /// What the rounding left out.
    public private(set) var low: Double

    public init() { self.init(high: 0, low: 0) }

    public init(_ value: Double) { self.init(high: value, low: 0) }

    /// From what ``high`` and ``low`` were.
    public init(high: Double, low: Double) {
        self.high = high
        self.low = low
    }

    /// The exact product of two numbers, unless it is below some 1e-290.
    public init(product a: Double, _ b: Double) {
        high = a * b
        low = (-high).addingProduct(a, b)
    }

    public var value: Double { high + low }

    public static func += (sum: inout Self, value: Double) {
        let (s, e) = twoSum(sum.high, value)
        (sum.high, sum.low) = fastTwoSum(s, e + sum.low)
    }

    public static func += (sum: inout Self, other: Self) {
        var (s, e) = twoSum(sum.high, other.high)
        let (t, f) = twoSum(sum.low, other.low)
        (s, e) = fastTwoSum(s, e + t)
        (sum.high, sum.low) = fastTwoSum(s, e + f)
    }

    public static func + (a: Self, b: Self) -> Self {
        var a = a
        a += b
        return a
    }

    public static prefix func - (sum: Self) -> Self { Self(high: -sum.high, low: -sum.low) }

    public static func - (a: Self, b: Self) -> Self { a + -b }

    public static func * (a: Self, b: Self) -> Self {
        let product = Self(product: a.high, b.high)
        let (high, low) = fastTwoSum(product.high, product.low + (a.high * b.low + a.low * b.high))
        return Self(high: high, low: low)
    }

    public static func * (a: Self, factor: Double) -> Self { a * Self(factor) }

    /// a + b and its rounding error, exactly.
    private static func twoSum(_ a: Double, _ b: Double) -> (Double, Double) {
        let sum = a + b
        let part = sum - a
        return (sum, (a - (sum - part)) + (b - part))
    }

    /// The same where |a| ≥ |b|.
    private static func fastTwoSum(_ a: Double, _ b: Double) -> (Double, Double) {
        let sum = a + b
        return (sum, b - (sum - a))
    }
}
