import JSON
import SQLite
import ServiceContract

/// The name of a signal, given by its sender or made here: each is taken once, as long as the signal is kept.
///
/// Most are UUIDs. One that is spelled in the usual way, in lower case, is kept as its 16 bytes, which makes the unique
/// index less than half as large; any other as its text.
enum MessageID: Sendable, Hashable {
    case uuid(high: UInt64, low: UInt64)
    case text(String)

    init(_ text: String) {
        self = Self.uuid(spelled: text) ?? .text(text)
    }

    init(_ id: UUIDv7) {
        self = .uuid(high: id.high, low: id.low)
    }

    /// A UUID of version 8 (RFC 9562, section 5.8) from the first 16 bytes of a hash.
    init(hash: UnsafeRawBufferPointer) {
        let high = UInt64(bigEndian: hash.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        let low = UInt64(bigEndian: hash.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        self = .uuid(high: high & ~0xF000 | 0x8000, low: low & ~(0b11 << 62) | 0b10 << 62)
    }

    /// As its sender spelled it.
    var text: String {
        switch self {
        case .text(let text): text
        case .uuid(let high, let low): Self.spelling(high, low)
        }
    }
}

extension MessageID {
    private static let length = 36
    private static let hyphen = UInt8(ascii: "-")
    /// Where the lower eight bytes begin.
    private static let middle = 19

    private static func isHyphen(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }

    /// Nil unless `spelling` would give exactly this text again.
    private static func uuid(spelled text: String) -> MessageID? {
        guard text.utf8.count == length else { return nil }
        var text = text
        return text.withUTF8 { bytes in
            var (high, low) = (UInt64(0), UInt64(0))
            for index in 0..<length {
                let byte = bytes[index]
                if isHyphen(index) {
                    guard byte == hyphen else { return nil }
                    continue
                }
                let digit: UInt8
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
                default: return nil
                }
                if index < middle { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            }
            return .uuid(high: high, low: low)
        }
    }

    private static func spelling(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { target in
            // The digits to come, the next one on top.
            var digits = high
            for index in 0..<length {
                if index == middle { digits = low }
                if isHyphen(index) {
                    target[index] = hyphen
                    continue
                }
                let digit = UInt8(truncatingIfNeeded: digits >> 60)
                target[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                digits <<= 4
            }
            return length
        }
    }
}

extension MessageID {
    func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        switch self {
        case .text(let text): try statement.bind(text, at: index)
        case .uuid(let high, let low):
            let words = (high.bigEndian, low.bigEndian)
            try withUnsafeBytes(of: words) { bytes throws(SQLiteError) in
                try statement.bind(bytes: bytes, at: index)
            }
        }
    }

    /// - Parameters:
    ///   - column: where the message id stands.
    ///   - isBytes: whether it stands there as a blob: SQL's `typeof(message_id) = 'blob'`.
    init(_ row: Statement, _ column: Int32, isBytes: Bool) {
        self =
            isBytes
            ? row.withBytes(column) { bytes in
                .uuid(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            } : .text(row.text(column))
    }
}
