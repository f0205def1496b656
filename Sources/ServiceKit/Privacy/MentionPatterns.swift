public import CommonAPI
import JSON

/// Tells whether a text names somebody by one of a few identifiers, however the text spells it.
///
/// An identifier counts where it stands for itself: not inside a longer word or number, so that the customer 1 is not
/// found in every row with a 1 in an amount's digits. Letters are compared regardless of ASCII case. A telephone number is
/// also found with spaces, hyphens, dots, slashes and parentheses between its digits. JSON's and CSV's ways to write a
/// quote are seen through.
public struct MentionPatterns: Sendable {
    /// Shorter identifiers are not looked for where chance would find them: in the properties of signals about nobody.
    public static let minimumLength = 6

    private enum Pattern: Sendable {
        /// Lower case, escapes removed.
        case text([UInt8])
        case digits([UInt8])
    }

    private let patterns: [Pattern]

    /// - Parameter minimumLength: bytes; shorter identifiers are left out.
    public init(_ identifiers: [Identifier], minimumLength: Int = 1) {
        var patterns: [Pattern] = []
        for identifier in identifiers where identifier.value.utf8.count >= minimumLength {
            patterns.append(.text(Self.plain(Array(identifier.value.utf8))))
            let digits = identifier.value.utf8.filter(Self.isDigit)
            if identifier.type == "phone", digits.count >= Self.minimumLength { patterns.append(.digits(digits)) }
        }
        self.patterns = patterns
    }

    /// Whether a text names one of them.
    public func matches(_ text: [UInt8]) -> Bool {
        let plain = Self.plain(Self.unescaped(text))
        return patterns.contains { pattern in
            switch pattern {
            case .text(let value): Self.find(value, in: plain)
            case .digits(let digits): Self.find(digits: digits, in: plain)
            }
        }
    }

    // MARK: Spelling

    /// Lower case, without backslashes and with doubled quotes made single. JSON writes what is not ASCII as it is.
    private static func plain(_ text: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        for byte in text {
            if byte == UInt8(ascii: "\\") { continue }
            if byte == UInt8(ascii: "\""), plain.last == byte { continue }
            plain.append(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte)
        }
        return plain
    }

    /// JSON in which no character is spelled as a number, as in `\u0061`; other text as it is.
    private static func unescaped(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")), let value = try? JSONValue(parsing: text) else { return text }
        return value.json()
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    /// What makes a longer word of what it stands next to.
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte >= 0x80
    }

    private static func find(_ value: [UInt8], in text: [UInt8]) -> Bool {
        guard let first = value.first, let last = value.last, value.count <= text.count else { return false }
        for start in 0...(text.count - value.count) where text[start] == first {
            guard text[start..<(start + value.count)].elementsEqual(value) else { continue }
            let end = start + value.count
            let isInside =
                start > 0 && isWord(first) && isWord(text[start - 1])
                || end < text.count && isWord(last) && isWord(text[end])
            if !isInside { return true }
        }
        return false
    }

    /// The digits of a telephone number with anything between them that people put there.
    private static func find(digits: [UInt8], in text: [UInt8]) -> Bool {
        for start in text.indices where text[start] == digits[0] {
            if start > 0, isDigit(text[start - 1]) { continue }
            var matched = 0
            var index = start
            while index < text.count, matched < digits.count {
                if text[index] == digits[matched] {
                    matched += 1
                } else if isDigit(text[index]) || !" -./()".utf8.contains(text[index]) {
                    break
                }
                index += 1
            }
            if matched == digits.count, index == text.count || !isDigit(text[index]) { return true }
        }
        return false
    }
}
