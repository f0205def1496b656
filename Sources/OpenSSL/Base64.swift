/// Bytes as text of 64 letters (RFC 4648, sections 4 and 5).
public enum Base64 {
    public enum Alphabet: Sendable {
        /// `+` and `/`, padded with `=` to a multiple of four letters.
        case standard
        /// `-` and `_`, never padded: fit for keys, URLs and file names.
        case url

        fileprivate var letters: StaticString {
            switch self {
            case .standard: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            case .url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            }
        }

        /// For every byte the value of the letter, or `noValue`.
        fileprivate var values: [UInt8] { self == .standard ? Self.standardValues : Self.urlValues }

        private static let standardValues = table(of: .standard)
        private static let urlValues = table(of: .url)

        private static func table(of alphabet: Alphabet) -> [UInt8] {
            var table = [UInt8](repeating: noValue, count: 256)
            for value in 0..<64 { table[Int(alphabet.letters.utf8Start[value])] = UInt8(value) }
            return table
        }
    }

    private static let padding = UInt8(ascii: "=")
    /// Has a bit that no value has.
    private static let noValue: UInt8 = 0xff

    public static func encode(_ bytes: UnsafeRawBufferPointer, alphabet: Alphabet = .standard) -> String {
        let letters = alphabet.letters.utf8Start
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            var (next, index) = (0, 0)
            while index < bytes.count {
                let taken = min(3, bytes.count - index)
                var group = UInt32(bytes[index]) << 16
                if taken > 1 { group |= UInt32(bytes[index + 1]) << 8 }
                if taken > 2 { group |= UInt32(bytes[index + 2]) }
                for position in 0..<4 {
                    if position <= taken {
                        text[next] = letters[Int(group >> (18 - 6 * UInt32(position)) & 63)]
                    } else if alphabet == .standard {
                        text[next] = padding
                    } else {
                        break
                    }
                    next += 1
                }
                index += 3
            }
            return next
        }
    }

    public static func encode(_ bytes: [UInt8], alphabet: Alphabet = .standard) -> String {
        bytes.withUnsafeBytes { encode($0, alphabet: alphabet) }
    }

    /// The bytes of a text, strictly: the right padding for the alphabet, no white space, no letter of the other
    /// alphabet, and zero in the bits that a last group leaves over, so that each byte string has one text. Otherwise
    /// nil.
    public static func decode(_ text: String, alphabet: Alphabet = .standard) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode(UnsafeRawBufferPointer($0), alphabet: alphabet) }
    }

    /// The bytes of a text that is at hand as UTF-8. As strict as ``decode(_:alphabet:)-(String,_)``.
    public static func decode(_ letters: UnsafeRawBufferPointer, alphabet: Alphabet = .standard) -> [UInt8]? {
        var count = letters.count
        if alphabet == .standard {
            guard count.isMultiple(of: 4) else { return nil }
            if count > 0, letters[count - 1] == padding { count -= 1 }
            if count > 0, count < letters.count, letters[count - 1] == padding { count -= 1 }
        }
        guard count % 4 != 1 else { return nil }
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 2) { bytes, written in
            (written, isValid) = alphabet.values.withUnsafeBufferPointer { values in
                decode(UnsafeRawBufferPointer(rebasing: letters[..<count]), values, into: bytes)
            }
        }
        return isValid ? bytes : nil
    }

    /// The number of bytes written, and whether all letters were ones of the alphabet and no bit was left over.
    private static func decode(
        _ letters: UnsafeRawBufferPointer, _ values: UnsafeBufferPointer<UInt8>,
        into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> (Int, Bool) {
        var (next, index, seen) = (0, 0, UInt8(0))
        while index + 4 <= letters.count {
            let (a, b) = (values[Int(letters[index])], values[Int(letters[index + 1])])
            let (c, d) = (values[Int(letters[index + 2])], values[Int(letters[index + 3])])
            seen |= a | b | c | d
            bytes[next] = a << 2 | b >> 4
            bytes[next + 1] = b << 4 | c >> 2
            bytes[next + 2] = c << 6 | d
            next += 3
            index += 4
        }
        var left: UInt8 = 0
        if index + 2 <= letters.count {
            let (a, b) = (values[Int(letters[index])], values[Int(letters[index + 1])])
            let c = index + 2 < letters.count ? values[Int(letters[index + 2])] : 0
            seen |= a | b | c
            bytes[next] = a << 2 | b >> 4
            bytes[next + 1] = b << 4 | c >> 2
            let isThree = index + 3 == letters.count
            left = isThree ? c << 6 : b << 4
            next += isThree ? 2 : 1
        }
        return (next, seen < 64 && left == 0)
    }
}
