#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The beta function's incomplete integral.
public enum Beta {
    /// I(x; a, b) = ∫₀ˣ t^(a-1)·(1-t)^(b-1) dt / B(a, b) (DLMF 8.17.2): the distribution function of a beta variable.
    ///
    /// - Parameters:
    ///   - x: from 0 to 1.
    ///   - complement: 1 - x, where it is known better than that difference tells.
    /// - Returns: relative error below 1e-12 for a and b up to 10⁷; NaN unless a and b are above 0 and x is in range.
    public static func regularized(_ x: Double, complement: Double? = nil, _ a: Double, _ b: Double) -> Double {
        tails(x, complement ?? 1 - x, a, b)?.lower ?? .nan
    }

    /// nil unless a and b are above 0 and finite, and x and y = 1 - x from 0 to 1.
    ///
    /// On the side of the mean where it converges fast, by the continued fraction of A. R. Didonato and A. H. Morris
    /// (ACM TOMS 18, 1992, section 4): it has the distance from the mean as a number of its own, whereas DLMF 8.17.22
    /// takes differences that lose log₁₀(a) digits. Where both a and b are large it takes some √max(a, b) steps.
    static func tails(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Tails? {
        guard a > 0, b > 0, a < .infinity, b < .infinity, x >= 0, y >= 0, x <= 1, y <= 1 else { return nil }
        guard x > 0 else { return Tails(side: .lower, logarithm: -.infinity) }
        guard y > 0 else { return Tails(side: .upper, logarithm: -.infinity) }
        let logDensity = logDensity(x, y, a, b)
        let distance = a * y - b * x
        let isLower = distance >= 0
        let (x, y, a, b) = isLower ? (x, y, a, b) : (y, x, b, a)
        func denominator(_ n: Double) -> Double {
            let bend = n == 0 ? 0 : n * (b - n) * x / (a + 2 * n - 1)
            return n + bend + (a + n) / (a + 2 * n + 1) * (abs(distance) + 1 + n * (1 + y))
        }
        let fraction = Tails.continuedFraction(denominator(0)) { n in
            let part = x / (a + 2 * n - 1)
            return ((a + n - 1) * part * (a + b + n - 1) * part * n * (b - n), denominator(n))
        }
        return Tails(side: isLower ? .lower : .upper, logarithm: logDensity + log(fraction))
    }

    /// log(x^a·y^b / B(a, b)) where y = 1 - x, all of them above 0.
    static func logDensity(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let n = a + b
        // How far n·x is from a, and n·y from b; the difference is the same, and has no large parts.
        let difference = b * x - a * y
        return 0.5 * log(a / n * b / (2 * .pi)) + Deviance.stirling(n) - Deviance.stirling(a) - Deviance.stirling(b)
            - deviance(difference, a, x * n) - deviance(-difference, b, y * n)
    }

    /// a·(e - log(1 + e)) where a·e is the difference, and a·(1 + e) the sum.
    private static func deviance(_ difference: Double, _ a: Double, _ sum: Double) -> Double {
        let e = difference / a
        return e < -0.5 ? difference - a * log(sum / a) : a * Deviance.excess(e)
    }
}
