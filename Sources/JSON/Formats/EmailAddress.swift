/// The check behind the format `email`.
///
/// The dot-atom addresses of RFC 5321: what people have, without quoted local parts, comments, address literals or
/// addresses outside ASCII. A domain of one label is one ("root@localhost"). Whether anybody reads the mail is
/// another question.
public enum EmailAddress {
    /// Bytes of a whole address (RFC 5321, 4.5.3.1, with erratum 1690).
    public static let maximumLength = 254

    /// Bytes in front of the @ (RFC 5321, 4.5.3.1).
    public static let maximumLocalLength = 64

    /// Bytes between two dots of the domain (RFC 1035, 2.3.4).
    static let maximumLabelLength = 63

    /// Whether `text` is an address.
    public static func isValid(_ text: String) -> Bool {
        text.withText { isValid($0) }
    }

    static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= maximumLength, let at = text.firstIndex(of: 0x40) else { return false }
        return isLocalPart(text[..<at]) && isDomain(text[(at + 1)...])
    }

    /// Atoms joined by single dots.
    private static func isLocalPart(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard 1...maximumLocalLength ~= text.count else { return false }
        var previous = Ascii.point
        for byte in text {
            if byte == Ascii.point {
                guard previous != Ascii.point else { return false }
            } else {
                guard isAtomCharacter(byte) else { return false }
            }
            previous = byte
        }
        return previous != Ascii.point
    }

    /// Labels of letters, digits and inner hyphens, joined by single dots.
    private static func isDomain(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        var previous = Ascii.point
        var length = 0
        for byte in text {
            if byte == Ascii.point {
                guard length > 0, previous != Ascii.minus else { return false }
                length = 0
            } else {
                guard isLetterOrDigit(byte) || byte == Ascii.minus && length > 0 else { return false }
                length += 1
                guard length <= maximumLabelLength else { return false }
            }
            previous = byte
        }
        return length > 0 && previous != Ascii.minus
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        byte &- Ascii.zero < 10 || (byte | 0x20) &- 0x61 < 26
    }

    /// The `atext` of RFC 5322, 3.2.3.
    private static func isAtomCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: true
        default: isLetterOrDigit(byte)
        }
    }
}
