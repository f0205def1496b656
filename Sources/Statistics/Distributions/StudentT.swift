#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Student's t distribution.
public struct StudentT: Sendable, Equatable {
    /// Above 0, not always whole (Welch); infinite for the normal distribution.
    public let degreesOfFreedom: Double

    /// - Parameter degreesOfFreedom: above 0, and any size; infinity gives the normal distribution.
    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "degrees of freedom are above 0")
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// P(T ≤ t); relative error below 1e-12 in both tails.
    public func cumulative(_ t: Double) -> Double { survival(-t) }

    /// P(T > t), computed directly: ½·I(ν / (ν + t²); ν/2, ½) for t > 0 (DLMF 8.17, Abramowitz and Stegun 26.7.1).
    public func survival(_ t: Double) -> Double {
        guard degreesOfFreedom < .infinity else { return Normal.survival(t) }
        guard !t.isNaN else { return .nan }
        let half = 0.5 * (tails(t)?.lower ?? 1)
        return t < 0 ? 1 - half : half
    }

    /// log P(T > t), also where P(T > t) is below the smallest number.
    public func logSurvival(_ t: Double) -> Double {
        guard degreesOfFreedom < .infinity else { return Normal.logSurvival(t) }
        guard !t.isNaN else { return .nan }
        return t < 0 ? log1p(-survival(-t)) : (tails(t)?.logLower ?? 0) - log(2.0)
    }

    /// P(|T| > |t|): the two-sided p-value.
    public func twoSided(_ t: Double) -> Double { 2 * survival(abs(t)) }

    /// The t with P(T ≤ t) = p. Infinite at 0 and 1 and beyond some 10¹⁵⁰, NaN outside.
    public func quantile(_ p: Double) -> Double {
        p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p)
    }

    /// The t with P(T > t) = p, relative error below 1e-11 (absolute below 1e-13 near the median).
    ///
    /// Newton's method on log P(T > e^u), which is concave in u, so that it converges from anywhere. It starts at the
    /// normal quantile z, with 5 and more degrees of freedom at its expansion in them (Abramowitz and Stegun 26.7.5).
    public func upperQuantile(_ p: Double) -> Double {
        guard p >= 0, p <= 1 else { return .nan }
        guard p <= 0.5 else { return -upperQuantile(1 - p) }
        guard p > 0 else { return .infinity }
        let z = Normal.upperQuantile(p)
        guard degreesOfFreedom < .infinity, z > 0 else { return z }
        var t = z
        if degreesOfFreedom >= 5 {
            let square = z * z
            t += z * (square + 1) / (4 * degreesOfFreedom)
            t += z * ((5 * square + 16) * square + 3) / (96 * degreesOfFreedom * degreesOfFreedom)
        }
        let target = log(p)
        for _ in 0..<100 {
            let (x, y) = parts(t)
            guard x > 0, let logTail = tails(t)?.logLower else { return .infinity }
            // t times the density is ½·x^(ν/2)·y^½ / B, doubled here as the tail is.
            let slope = exp(Beta.logDensity(x, y, degreesOfFreedom / 2, 0.5) - logTail) * 2
            let step = (logTail - log(2.0) - target) / slope
            t *= exp(step)
            // Steps square: what follows one of 1e-8 is below the rounding.
            if abs(step) <= 1e-8 || t == .infinity { break }
        }
        return t
    }

    /// The tails of the beta variable ν / (ν + t²); nil at t = 0, where all of it is below.
    private func tails(_ t: Double) -> Tails? {
        let (x, y) = parts(t)
        return y == 0 ? nil : Beta.tails(x, y, degreesOfFreedom / 2, 0.5)
    }

    /// ν / (ν + t²) and t² / (ν + t²), neither as a difference, and without overflow.
    private func parts(_ t: Double) -> (Double, Double) {
        let q = abs(t) / degreesOfFreedom.squareRoot()
        guard q > 1 else { return (1 / (1 + q * q), q * q / (1 + q * q)) }
        let inverse = 1 / q
        return (inverse * inverse / (1 + inverse * inverse), 1 / (1 + inverse * inverse))
    }
}
