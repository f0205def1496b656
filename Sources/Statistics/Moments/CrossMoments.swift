/// Means and covariances of several variables observed together, kept so that they can be merged and taken back.
///
/// What CUPED needs (the metric and its covariates), and ratio metrics (numerator and denominator of each unit), is
/// here, without going back to the observations. The state is the count, the sums and the sums of products with twice
/// the digits of a Double; what ``Moments`` says of order, retraction, precision and values that are not finite holds
/// here too.
public struct CrossMoments: Sendable, Equatable {
    /// How many variables there are, at least one.
    public let variableCount: Int
    public private(set) var count: Int
    /// Σx of each variable, then Σxᵢxⱼ for i ≥ j, row by row: x₀x₀, x₁x₀, x₁x₁, x₂x₀, …
    public private(set) var sums: [CompensatedSum]

    /// The most variables; the state has `n + n·(n + 1) / 2` sums.
    public static let maximumVariables = 64

    public init(variableCount: Int) {
        precondition(
            (1...Self.maximumVariables).contains(variableCount), "from 1 to \(Self.maximumVariables) variables")
        self.variableCount = variableCount
        count = 0
        sums = Array(repeating: CompensatedSum(), count: Self.sumCount(variableCount))
    }

    /// From what ``count`` and ``sums`` were; nil if the sums are not of so many variables.
    public init?(variableCount: Int, count: Int, sums: [CompensatedSum]) {
        guard (1...Self.maximumVariables).contains(variableCount), sums.count == Self.sumCount(variableCount) else {
            return nil
        }
        self.variableCount = variableCount
        self.count = count
        self.sums = sums
    }

    /// One variable.
    public init(_ moments: Moments) {
        variableCount = 1
        count = moments.count
        sums = [moments.sum, moments.squares]
    }

    private static func sumCount(_ variables: Int) -> Int { variables + variables * (variables + 1) / 2 }

    /// - Parameter values: of one unit, one of each variable.
    public mutating func add(_ values: [Double]) { add(values, sign: 1) }

    /// Takes back a unit's values, which were added here or in what was merged.
    public mutating func remove(_ values: [Double]) { add(values, sign: -1) }

    private mutating func add(_ values: [Double], sign: Double) {
        precondition(values.count == variableCount, "a value of each variable")
        count += sign > 0 ? 1 : -1
        var place = variableCount
        for (i, value) in values.enumerated() {
            sums[i] += sign * value
            for other in values[...i] {
                sums[place] += CompensatedSum(product: sign * value, other)
                place += 1
            }
        }
    }

    public mutating func merge(_ other: Self) {
        precondition(other.variableCount == variableCount, "the same variables")
        count += other.count
        for place in sums.indices { sums[place] += other.sums[place] }
    }

    /// Takes back what was merged.
    public mutating func remove(_ other: Self) {
        precondition(other.variableCount == variableCount, "the same variables")
        count -= other.count
        for place in sums.indices { sums[place] += -other.sums[place] }
    }

    /// Whether every value so far was finite, and the sums of their products are.
    public var isFinite: Bool { sums.allSatisfy { $0.value.isFinite } }

    /// Of one variable; NaN of nothing.
    public func mean(_ variable: Int) -> Double {
        count > 0 ? sums[variable].value / Double(count) : .nan
    }

    public var means: [Double] { (0..<variableCount).map(mean) }

    /// Of two variables, with the divisor count - 1; NaN below two units.
    public func covariance(_ i: Int, _ j: Int) -> Double {
        guard count > 1 else { return .nan }
        let place = variableCount + (i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i)
        return deviation(count, sums[place], sums[i], sums[j]) / (Double(count) * Double(count - 1))
    }

    /// With the divisor count - 1; NaN below two units.
    public func variance(_ variable: Int) -> Double { covariance(variable, variable) }

    /// One variable's alone.
    public func moments(_ variable: Int) -> Moments {
        Moments(
            count: count, sum: sums[variable], squares: sums[variableCount + variable * (variable + 3) / 2])
    }
}
