/// Turns the text of a JSON number, already validated, into numbers.
enum DecimalScan {
    /// The powers of ten that a double holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// What a number's text says: (-1)^isNegative × digits × 10^exponent.
    struct Parts {
        var isNegative = false
        /// The significant digits, as far as nineteen go.
        var digits: UInt64 = 0
        var exponent = 0
        /// Whether non-zero digits were left out of `digits`.
        var isCut = false
    }

    /// Where an exponent stops growing: no document has as many digits as could bring it back from there.
    static let exponentClamp = 1 << 40

    static func parts(_ text: UnsafeBufferPointer<UInt8>) -> Parts {
        var parts = Parts()
        var index = 0
        if text[0] == Ascii.minus {
            parts.isNegative = true
            index = 1
        }
        var count = 0
        var isFraction = false
        scan: while index < text.count {
            let byte = text[index]
            switch byte {
            case Ascii.zero...Ascii.nine:
                if count < 19 {
                    parts.digits = parts.digits &* 10 &+ UInt64(byte &- Ascii.zero)
                    if parts.digits != 0 { count += 1 }
                    if isFraction { parts.exponent -= 1 }
                } else {
                    if byte != Ascii.zero { parts.isCut = true }
                    if !isFraction { parts.exponent += 1 }
                }
            case Ascii.point: isFraction = true
            default: break scan
            }
            index += 1
        }
        guard index < text.count else { return parts }
        index += 1
        let isNegative = text[index] == Ascii.minus
        if isNegative || text[index] == Ascii.plus { index += 1 }
        var power = 0
        while index < text.count {
            power = min(power * 10 + Int(text[index] &- Ascii.zero), exponentClamp)
            index += 1
        }
        parts.exponent += isNegative ? -power : power
        return parts
    }

    /// The nearest double, ties to even; infinite if there is none.
    ///
    /// Clinger, "How to Read Floating Point Numbers Accurately" (1990), section 4: digits below 2⁵³ times or over an
    /// exact power of ten is one correctly rounded operation. What does not fit goes to the standard library, which
    /// rounds correctly too.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        let parts = parts(text)
        if !parts.isCut, parts.digits <= 1 << 53, -22...22 ~= parts.exponent {
            let digits = Double(parts.digits)
            let value =
                parts.exponent < 0 ? digits / exactPowers[-parts.exponent] : digits * exactPowers[parts.exponent]
            return parts.isNegative ? -value : value
        }
        if parts.digits == 0 { return parts.isNegative ? -0.0 : 0 }
        return Double(String(decoding: text, as: UTF8.self)) ?? .infinity
    }
}
