/// All of these are computed with ``Elementary`` and square roots only, so they too are the same bit for bit everywhere.
extension RandomRow {
    /// A standard normal variate (mean 0, variance 1), by inversion: one number of 64 bits gives one variate, between
    /// -8.2 and 8.2, and a larger one gives a larger one.
    public mutating func normal() -> Double { NormalQuantile.value(at: openUniform()) }

    /// A normal variate.
    ///
    /// - Parameters:
    ///   - standardDeviation: finite, not negative.
    public mutating func normal(mean: Double, standardDeviation: Double) -> Double {
        precondition(standardDeviation >= 0 && standardDeviation.isFinite, "a deviation is not negative")
        return mean + standardDeviation * normal()
    }

    /// An exponential variate with mean `1 / rate`, by inversion. Takes one number of 64 bits.
    ///
    /// - Parameters:
    ///   - rate: positive and finite.
    public mutating func exponential(rate: Double = 1) -> Double {
        precondition(rate > 0 && rate.isFinite, "a rate is positive")
        return -Elementary.log(openUniform()) / rate
    }

    /// A gamma variate with mean `shape × scale` and variance `shape × scale²`.
    ///
    /// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000), sections 2
    /// and 6. Takes two numbers of 64 bits a try (a try succeeds in 95 % or more), and one more for a shape below 1.
    ///
    /// - Parameters:
    ///   - shape: positive and finite; below about 0.01 most variates are too small for a Double and come out as 0.
    ///   - scale: positive and finite.
    public mutating func gamma(shape: Double, scale: Double = 1) -> Double {
        precondition(scale > 0 && scale.isFinite, "a scale is positive")
        return Elementary.exp(logGamma(shape: shape)) * scale
    }

    /// A beta variate with mean `first / (first + second)`, from two gamma variates; 0 or 1 where the true one is too
    /// close for a Double.
    ///
    /// - Parameters:
    ///   - first: positive and finite: with a uniform prior, successes + 1.
    ///   - second: positive and finite: with a uniform prior, failures + 1.
    public mutating func beta(_ first: Double, _ second: Double) -> Double {
        // By their logarithms, because both variates may be too small for a Double when their ratio is not.
        let ratio = logGamma(shape: second) - logGamma(shape: first)
        return 1 / (1 + Elementary.exp(ratio))
    }

    /// The logarithm of a gamma variate of scale 1.
    private mutating func logGamma(shape: Double) -> Double {
        precondition(shape > 0 && shape.isFinite, "a shape is positive")
        guard shape >= 1 else {
            let boost = Elementary.log(openUniform()) / shape
            return logGamma(shape: shape + 1) + boost
        }
        let d = shape - 1 / 3.0
        let c = 1 / (9 * d).squareRoot()
        while true {
            let normal = normal()
            let uniform = openUniform()
            let root = 1 + c * normal
            guard root > 0 else { continue }
            let v = root * root * root
            let logV = 3 * Elementary.log(root)
            if Elementary.log(uniform) < 0.5 * normal * normal + d * (1 - v + logV) { return Elementary.log(d) + logV }
        }
    }
}
