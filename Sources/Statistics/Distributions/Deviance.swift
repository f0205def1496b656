#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The parts of which the gamma and beta densities are made without cancellation.
///
/// Written with logarithms of gamma functions, x^a·e^-x / Γ(a) is the small difference of large numbers: at a = 10⁶ it
/// keeps nine digits. Written as √(a/2π) · exp(-stirling(a) - a·excess(x/a - 1)) it keeps fifteen: C. Loader, "Fast and
/// Accurate Computation of Binomial Probabilities" (2000).
enum Deviance {
    /// e - log(1 + e) for e > -1, which is 0 at 0 and grows to both sides; relative error some 1e-15.
    ///
    /// Near 0 by the series of the inverse hyperbolic tangent: with r = e / (2 + e),
    /// log(1 + e) = 2·(r + r³/3 + r⁵/5 + …), so e - log(1 + e) = e·r - 2·(r³/3 + r⁵/5 + …).
    static func excess(_ e: Double) -> Double {
        guard abs(e) < 0.5 else { return e - log1p(e) }
        let r = e / (2 + e)
        let square = r * r
        var power = r * square
        var sum = 0.0
        var odd = 3.0
        while abs(power) > 1e-18 * abs(sum), power != 0 {
            sum += power / odd
            power *= square
            odd += 2
        }
        return e * r - 2 * sum
    }

    /// log Γ(a + 1) - (a + ½)·log a + a - ½·log 2π for a > 0: what Stirling's formula lacks; absolute error some 1e-15.
    ///
    /// From 16 upwards by its asymptotic series (DLMF 5.11.1), below by stepping up to there.
    static func stirling(_ a: Double) -> Double {
        var a = a
        var sum = 0.0
        while a < 16 {
            sum += (a + 0.5) * log1p(1 / a) - 1
            a += 1
        }
        let inverse = 1 / a
        let square = inverse * inverse
        // B₂ₖ / (2k·(2k - 1)) for k = 7 … 1.
        var series = 1.0 / 156
        for coefficient in [-691.0 / 360_360, 1.0 / 1_188, -1.0 / 1_680, 1.0 / 1_260, -1.0 / 360, 1.0 / 12] {
            series = series * square + coefficient
        }
        return sum + series * inverse
    }
}
