/// A text that equals another one only if both are the same scalars, as JavaScript compares strings.
///
/// Swift's `String` takes "é" as one scalar and as two for equal; conditions and keys must not.
struct ExactText: Sendable, Hashable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (left: ExactText, right: ExactText) -> Bool { left.string.isExactly(right.string) }

    func hash(into hasher: inout Hasher) {
        var text = string
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}

extension String {
    /// Whether both are the same scalars.
    func isExactly(_ other: String) -> Bool {
        let (mine, theirs) = (utf8, other.utf8)
        guard mine.count == theirs.count else { return false }
        let answer = mine.withContiguousStorageIfAvailable { left in
            theirs.withContiguousStorageIfAvailable { right in
                for index in left.indices where left[index] != right[index] { return false }
                return true
            }
        }
        return (answer ?? nil) ?? mine.elementsEqual(theirs)
    }

    /// Whether this comes first in the order of UTF-16 code units, in which JavaScript's `<` compares strings.
    ///
    /// It differs from the order of scalars where U+E000 to U+FFFF meets what is above U+FFFF.
    func precedesInJavaScript(_ other: String) -> Bool {
        utf16.lexicographicallyPrecedes(other.utf16)
    }

    /// `toLowerCase` of ECMAScript: Unicode's full mapping of each scalar, and a sigma at the end of a word becomes "ς"
    /// (The Unicode Standard, 3.13, Final_Sigma).
    var lowercasedAsInJavaScript: String {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return lowercased() }
        let scalars = Array(unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\u{3A3}" {
                result += String.isFinalSigma(scalars, index) ? "\u{3C2}" : "\u{3C3}"
            } else {
                result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }

    private static func isFinalSigma(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }
}

extension Double {
    /// `String(number)` of ECMAScript (ECMA-262, Number::toString): the fewest digits that read back, plain for
    /// exponents from -6 to 21, else with "e". Swift finds the same digits and sets them differently.
    var textInJavaScript: String {
        if isNaN { return "NaN" }
        if self == 0 { return "0" }
        if self < 0 { return "-" + (-self).textInJavaScript }
        if isInfinite { return "Infinity" }
        if let whole = Int64(exactly: self), whole < 1 << 53 { return String(whole) }
        let parts = description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        let padded = (whole + fraction).drop { $0 == "0" }
        var digits = String(padded)
        while digits.utf8.last == 0x30 { digits.removeLast() }
        // The number is 0.DIGITS × 10^point.
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let point = exponent - fraction.utf8.count + padded.utf8.count
        let count = digits.utf8.count
        switch point {
        case count...21 where count <= 21: return digits + String(repeating: "0", count: point - count)
        case 1...21: return digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: return "0." + String(repeating: "0", count: -point) + digits
        default:
            let rest = count > 1 ? "." + digits.dropFirst() : ""
            return digits.prefix(1) + rest + "e" + (point > 0 ? "+" : "-") + String(abs(point - 1))
        }
    }
}
