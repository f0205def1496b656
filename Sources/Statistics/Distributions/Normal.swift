#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The standard normal distribution: mean 0, variance 1.
public enum Normal {
    public static func density(_ x: Double) -> Double {
        exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
    }

    /// P(X ≤ x); relative error below 1e-12 in the far lower tail too.
    public static func cumulative(_ x: Double) -> Double { survival(-x) }

    /// P(X > x), computed directly: 1e-300 is not 0.
    public static func survival(_ x: Double) -> Double { 0.5 * erfc(x * 0.5.squareRoot()) }

    /// log P(X > x), also where P(X > x) is below the smallest number.
    ///
    /// Beyond 10 by the continued fraction of Mills' ratio, 1/(x + 1/(x + 2/(x + 3/(x + …)))) (Laplace; DLMF 7.9.2).
    public static func logSurvival(_ x: Double) -> Double {
        if x < -1 { return log1p(-survival(-x)) }
        guard x > 10 else { return log(survival(x)) }
        var mills = x
        for k in stride(from: 40.0, through: 1, by: -1) { mills = x + k / mills }
        return -0.5 * x * x - 0.5 * log(2 * .pi) - log(mills)
    }

    /// The x with P(X ≤ x) = p; absolute error below 1e-14. Infinite at 0 and 1, NaN outside.
    public static func quantile(_ p: Double) -> Double {
        p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p)
    }

    /// The x with P(X > x) = p, which is exact for the smallest p too.
    ///
    /// Newton's method on the logarithm of the survival function, which is concave: from above the root it comes down
    /// to it and never passes it. It starts at √(-2·log 2p), which is above because P(X > x) ≤ ½·e^(-x²/2).
    public static func upperQuantile(_ p: Double) -> Double {
        guard p >= 0, p <= 1 else { return .nan }
        guard p <= 0.5 else { return -upperQuantile(1 - p) }
        guard p > 0 else { return .infinity }
        let target = log(p)
        var x = max(-2 * (target + log(2.0)), 0).squareRoot()
        for _ in 0..<50 {
            let logTail = logSurvival(x)
            let hazard = exp(-0.5 * x * x - 0.5 * log(2 * .pi) - logTail)
            let step = (logTail - target) / hazard
            x += step
            // Steps square: what follows one of 1e-8 is below the rounding.
            if abs(step) <= 1e-8 * max(x, 1) { break }
        }
        return x
    }
}
