/// Fisher's F distribution: the ratio of two mean squares.
public struct FisherF: Sendable, Equatable {
    /// Those of the numerator, above 0.
    public let numerator: Double
    /// Those of the denominator, above 0.
    public let denominator: Double

    /// - Parameters: degrees of freedom, above 0, up to 10⁷.
    public init(numerator: Double, denominator: Double) {
        precondition(numerator > 0 && denominator > 0, "degrees of freedom are above 0")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// P(X > x), computed directly: I(d₂ / (d₂ + d₁·x); d₂/2, d₁/2) (Abramowitz and Stegun 26.6.2); NaN of x < 0.
    public func survival(_ x: Double) -> Double {
        guard x >= 0 else { return .nan }
        guard x < .infinity else { return 0 }
        let ratio = numerator * x / denominator
        return Beta.regularized(
            1 / (1 + ratio), complement: ratio / (1 + ratio), denominator / 2, numerator / 2)
    }
}
