#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The gamma function and its incomplete integrals.
public enum Gamma {
    /// log Γ(x) for x > 0; NaN elsewhere. The C library's, which several threads may call at once.
    public static func logarithm(_ x: Double) -> Double {
        x > 0 ? lgamma(x).0 : .nan
    }

    /// P(a, x) = ∫₀ˣ t^(a-1)·e^-t dt / Γ(a) (DLMF 8.2.4): the distribution function of a gamma variable of shape a.
    ///
    /// - Returns: relative error below 1e-12 for a up to 10⁸; NaN unless a > 0 and x ≥ 0.
    public static func regularizedLower(_ a: Double, _ x: Double) -> Double {
        tails(a, x)?.lower ?? .nan
    }

    /// Q(a, x) = 1 - P(a, x), computed directly: the survival function. Limits as of ``regularizedLower(_:_:)``.
    public static func regularizedUpper(_ a: Double, _ x: Double) -> Double {
        tails(a, x)?.upper ?? .nan
    }

    /// nil unless a > 0 and x ≥ 0.
    ///
    /// Below the mean by the power series (DLMF 8.11.4), above by the continued fraction (DLMF 8.9.2, in its even form).
    /// Near a large mean either takes some √a steps.
    static func tails(_ a: Double, _ x: Double) -> Tails? {
        guard a > 0, a < .infinity, x >= 0 else { return nil }
        guard x > 0 else { return Tails(side: .lower, logarithm: -.infinity) }
        guard x < .infinity else { return Tails(side: .upper, logarithm: -.infinity) }
        let e = (x - a) / a
        let excess = e < -0.5 ? e - log(x / a) : Deviance.excess(e)
        // x^a·e^-x / Γ(a)
        let logDensity = 0.5 * log(a / (2 * .pi)) - Deviance.stirling(a) - a * excess
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var n = a
            while term > sum * 1e-17 {
                n += 1
                term *= x / n
                sum += term
            }
            return Tails(side: .lower, logarithm: logDensity + log(sum))
        }
        let fraction = Tails.continuedFraction(x + 1 - a) { k in (-k * (k - a), x + 1 - a + 2 * k) }
        return Tails(side: .upper, logarithm: logDensity + log(fraction))
    }
}
