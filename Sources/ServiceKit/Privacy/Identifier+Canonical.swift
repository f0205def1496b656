public import CommonAPI
import JSON

/// Why a value cannot be an identifier of its type; continues a sentence about the value, such as "must not be blank".
public struct IdentifierDefect: Error, Sendable, Equatable {
    public let problem: String
}

extension Identifier: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(value)
    }
}

extension Identifier {
    /// The fewest and the most digits of a telephone number; ITU-T E.164 ends at 15, extensions go further.
    public static let phoneDigits = 3...20

    /// The one form in which an identifier is kept, compared and hashed, at intake and at erasure alike.
    ///
    /// White space around it goes. An `email` becomes lower case; a `phone` keeps its digits and a leading `+`.
    public func canonical() throws(IdentifierDefect) -> Identifier {
        let trimmed = value.trimmed
        if trimmed.isEmpty { throw IdentifierDefect(problem: "must not be blank") }
        switch type {
        case "email":
            guard EmailAddress.isValid(trimmed) else { throw IdentifierDefect(problem: "must be an e-mail address") }
            return Identifier(type: type, value: trimmed.lowercased())
        case "phone":
            return Identifier(type: type, value: try Self.phone(trimmed))
        default:
            return Identifier(type: type, value: trimmed)
        }
    }

    private static func phone(_ text: String) throws(IdentifierDefect) -> String {
        let digits = text.utf8.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard phoneDigits.contains(digits.count) else {
            throw IdentifierDefect(
                problem: "must be a telephone number of \(phoneDigits.lowerBound) to \(phoneDigits.upperBound) digits")
        }
        return (text.utf8.first == UInt8(ascii: "+") ? "+" : "") + String(decoding: digits, as: UTF8.self)
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        // Nearly all values begin and end with a visible ASCII character: then nothing is copied.
        let visible = UInt8(0x21)...UInt8(0x7E)
        if let first = utf8.first, let last = utf8.last, visible ~= first, visible ~= last { return self }
        let scalars = unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let end = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[start...end])
    }
}
