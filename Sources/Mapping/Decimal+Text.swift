import JSON

extension JSONDecimal {
    /// The largest number of digits, before and behind the point together, that expressions compute with.
    static var digitLimit: Int { maximumDigits }

    /// The number that a field writes; nil if it writes none, or one of more than 38 digits.
    ///
    /// Spaces around it, a plus, leading zeros, a missing zero before or behind the point and an exponent are fine:
    /// ` +007`, `.5`, `1e-05`. Separators of thousands are not, because some write 1.234 where others mean 1,234.
    init?(field: UnsafeRawBufferPointer) {
        var digits = DecimalDigits(field)
        guard digits.read() else { return nil }
        self.init(within: digits.isNegative ? -digits.value : digits.value, exponent: digits.exponent)
    }

    /// The number, if it can be written with 38 digits without an exponent.
    init?(within coefficient: Int128, exponent: Int) {
        self.init(coefficient: coefficient, exponent: exponent)
        guard isWithinLimit else { return nil }
    }

    var isWithinLimit: Bool {
        exponent <= 0 ? -exponent <= Self.digitLimit : coefficient.digitCount + exponent <= Self.digitLimit
    }

    /// Digits without an exponent, and a point only where there are decimals: as JSON and people write numbers.
    var plainText: String {
        let digits = String(coefficient.magnitude)
        let sign = coefficient < 0 ? "-" : ""
        guard exponent < 0 else { return sign + digits + String(repeating: "0", count: exponent) }
        let padded = String(repeating: "0", count: max(0, 1 - exponent - digits.count)) + digits
        return "\(sign)\(padded.dropLast(-exponent)).\(padded.suffix(-exponent))"
    }
}

extension Int128 {
    /// Decimal digits of the magnitude; 1 of zero.
    var digitCount: Int {
        var (rest, count) = (magnitude, 1)
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    /// 10 to the power of 0…38.
    static func powerOfTen(_ exponent: Int) -> Int128? {
        0..<powersOfTen.count ~= exponent ? powersOfTen[exponent] : nil
    }

    private static let powersOfTen: [Int128] = (0..<38).reduce(into: [1]) { powers, _ in
        powers.append(powers[powers.count - 1] * 10)
    }
}

/// Reads the digits of a number as fields write it.
private struct DecimalDigits {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private(set) var isNegative = false
    private(set) var value: Int128 = 0
    private(set) var exponent = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func read() -> Bool {
        skipSpaces()
        isNegative = pass("-")
        if !isNegative { _ = pass("+") }
        var hasDigits = false
        /// Zeros that count only if another digit follows.
        var zeros = 0
        var isFraction = false
        while index < bytes.count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit < 10 {
                hasDigits = true
                if isFraction { exponent -= 1 }
                if digit == 0 {
                    zeros += 1
                } else {
                    guard append(digit, after: zeros) else { return false }
                    zeros = 0
                }
            } else if bytes[index] == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                break
            }
            index += 1
        }
        exponent += zeros
        guard hasDigits, readExponent() else { return false }
        skipSpaces()
        return index == bytes.count
    }

    private mutating func append(_ digit: UInt8, after zeros: Int) -> Bool {
        if value != 0 {
            guard let power = Int128.powerOfTen(zeros + 1) else { return false }
            let (product, overflows) = value.multipliedReportingOverflow(by: power)
            if overflows { return false }
            value = product
        }
        let (sum, overflows) = value.addingReportingOverflow(Int128(digit))
        value = sum
        return !overflows
    }

    /// An exponent of at most four digits, if there is one.
    private mutating func readExponent() -> Bool {
        guard pass("e") || pass("E") else { return true }
        let isNegative = pass("-")
        if !isNegative { _ = pass("+") }
        var (power, count) = (0, 0)
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
            power = power * 10 + Int(bytes[index] &- UInt8(ascii: "0"))
            count += 1
            index += 1
            guard count <= 4 else { return false }
        }
        exponent += isNegative ? -power : power
        return count > 0
    }

    private mutating func pass(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpaces() {
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    }
}
