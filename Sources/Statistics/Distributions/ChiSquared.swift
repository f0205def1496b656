/// The chi-squared distribution: the sum of the squares of so many independent standard normal variables.
public struct ChiSquared: Sendable, Equatable {
    /// Above 0.
    public let degreesOfFreedom: Double

    /// - Parameter degreesOfFreedom: above 0, up to 10⁸.
    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "degrees of freedom are above 0")
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// P(X ≤ x); NaN of a negative x.
    public func cumulative(_ x: Double) -> Double { Gamma.regularizedLower(degreesOfFreedom / 2, x / 2) }

    /// P(X > x), computed directly; relative error below 1e-12.
    public func survival(_ x: Double) -> Double { Gamma.regularizedUpper(degreesOfFreedom / 2, x / 2) }
}
