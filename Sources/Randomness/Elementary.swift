/// Logarithm and exponential from additions, multiplications and divisions alone.
///
/// The C library's may differ in the last bit from one version or processor to the next; random variates must not. Both
/// are within 2 units in the last place of the true value, for the range that the variates need. What decides by random
/// numbers, as a made-up population does, has to compute with them too.
public enum Elementary {
    /// ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
    private static let ln2High = 0x1.62e42feep-1
    private static let ln2Low = 0x1.a39ef35793c76p-33

    /// The natural logarithm of a positive, finite, normal number.
    ///
    /// With `x = 2ᵏ m`, `m` between √½ and √2, and `s = (m-1)/(m+1)`: `ln m = 2 (s + s³/3 + s⁵/5 + …)`.
    public static func log(_ value: Double) -> Double {
        var exponent = Double(value.exponent)
        var mantissa = value.significand
        if mantissa > 2.0.squareRoot() {
            mantissa /= 2
            exponent += 1
        }
        let difference = mantissa - 1
        let s = difference / (mantissa + 1)
        let square = s * s
        var series = 0.0
        for divisor in stride(from: 23.0, through: 3, by: -2) { series = (series + 1 / divisor) * square }
        // 2s = difference - s difference, with the larger part exact.
        return exponent * ln2High + (difference - (s * (difference - 2 * series) - exponent * ln2Low))
    }

    /// e to the power of a number; 0 below -745.
    public static func exp(_ value: Double) -> Double {
        guard value > -745.2 else { return 0 }
        guard value < 709.8 else { return .infinity }
        let power = (value / (ln2High + ln2Low)).rounded()
        let high = value - power * ln2High
        let rest = high - power * ln2Low
        var series = 1.0
        for divisor in stride(from: 13.0, through: 1, by: -1) { series = series * rest / divisor + 1 }
        // In two steps, since the powers of subnormal results are out of a Double's exponents.
        let half = Int(power) / 2
        return series * Double(sign: .plus, exponent: half, significand: 1)
            * Double(sign: .plus, exponent: Int(power) - half, significand: 1)
    }
}
