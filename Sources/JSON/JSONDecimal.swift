/// An exact decimal number: `coefficient` × 10^`exponent`.
///
/// Always in lowest terms, so that equal numbers are equal values: the coefficient does not end in zero, and zero has
/// exponent 0.
public struct JSONDecimal: Sendable, Hashable {
    /// The most significant digits that a coefficient holds.
    public static let maximumDigits = 38

    /// How far from zero an exponent may lie.
    public static let maximumExponent = 1_000_000

    /// All significant digits, with the sign.
    public let coefficient: Int128

    /// The power of ten that the coefficient is multiplied by.
    public let exponent: Int

    /// `coefficient` × 10^`exponent`, or nil if that leaves the limits above.
    public init?(coefficient: Int128, exponent: Int) {
        var coefficient = coefficient
        var exponent = exponent
        if coefficient == 0 {
            exponent = 0
        } else {
            while coefficient % 10 == 0 {
                coefficient /= 10
                exponent += 1
            }
        }
        guard -Self.maximumExponent...Self.maximumExponent ~= exponent else { return nil }
        guard -Self.coefficientLimit...Self.coefficientLimit ~= coefficient else { return nil }
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// The largest coefficient: `maximumDigits` nines.
    private static let coefficientLimit: Int128 = {
        var limit: Int128 = 0
        for _ in 0..<maximumDigits { limit = limit * 10 + 9 }
        return limit
    }()

    /// The number that `text` writes by the grammar of JSON numbers; nil if it does not, or leaves the limits.
    public init?(_ text: String) {
        guard let decimal = JSONNumber(text)?.decimal else { return nil }
        self = decimal
    }

    /// The number in validated `text`.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        var coefficient: Int128 = 0
        var digits = 0
        /// Zeros that count only if another digit follows.
        var zeros = 0
        var exponent = 0
        var isFraction = false
        var index = text[0] == Ascii.minus ? 1 : 0
        scan: while index < text.count {
            switch text[index] {
            case Ascii.zero:
                if digits > 0 { zeros += 1 }
                if isFraction { exponent -= 1 }
            case Ascii.zero...Ascii.nine:
                digits += digits == 0 ? 1 : zeros + 1
                guard digits <= Self.maximumDigits else { return nil }
                for _ in 0..<zeros { coefficient *= 10 }
                coefficient = coefficient * 10 + Int128(text[index] &- Ascii.zero)
                zeros = 0
                if isFraction { exponent -= 1 }
            case Ascii.point: isFraction = true
            default: break scan
            }
            index += 1
        }
        exponent += zeros
        if index < text.count {
            index += 1
            let isNegative = text[index] == Ascii.minus
            if isNegative || text[index] == Ascii.plus { index += 1 }
            var power = 0
            while index < text.count {
                power = min(power * 10 + Int(text[index] &- Ascii.zero), DecimalScan.exponentClamp)
                index += 1
            }
            exponent += isNegative ? -power : power
        }
        self.init(coefficient: text[0] == Ascii.minus ? -coefficient : coefficient, exponent: exponent)
    }

    /// The number times 10^`decimals`, if that is an integer and fits: exact amounts in their smallest unit.
    public func scaled(by decimals: Int) -> Int64? {
        let power = exponent + decimals
        guard coefficient != 0 else { return 0 }
        guard 0...Self.maximumDigits ~= power else { return nil }
        var value = coefficient
        for _ in 0..<power {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            guard !overflows else { return nil }
            value = product
        }
        return Int64(exactly: value)
    }
}

extension JSONDecimal: CustomStringConvertible {
    /// Plain digits where the point lies within them or up to six zeros away, otherwise with an exponent.
    public var description: String {
        let digits = String(coefficient.magnitude)
        let sign = coefficient < 0 ? "-" : ""
        let pointIndex = digits.count + exponent
        if exponent >= 0, exponent <= 6 {
            return sign + digits + String(repeating: "0", count: exponent)
        }
        if exponent < 0, pointIndex > 0 {
            return sign + digits.prefix(pointIndex) + "." + digits.suffix(-exponent)
        }
        if exponent < 0, pointIndex > -6 {
            return sign + "0." + String(repeating: "0", count: -pointIndex) + digits
        }
        return "\(sign)\(digits)e\(exponent)"
    }
}
