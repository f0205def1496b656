import JSON
import SQLite
import ServiceContract

/// The name of a signal, given by its sender or made here: each is taken once, for ever.
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
    private static let hyphens: Set<Int> = [8, 13, 18, 23]
    private static let hyphen = UInt8(ascii: "-")

    /// Nil unless `spelling` would give exactly this text again.
    private static func uuid(spelled text: String) -> MessageID? {
        guard text.utf8.count == length else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == hyphen else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
            digits += 1
        }
        return .uuid(high: words.0, low: words.1)
    }

    private static func spelling(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { target in
            var digit = 0
            for index in 0..<length {
                if hyphens.contains(index) {
                    target[index] = hyphen
                    continue
                }
                let word = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64((15 - digit % 16) * 4) & 15)
                target[index] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
                digit += 1
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
