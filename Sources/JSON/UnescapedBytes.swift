/// The bytes of a string after unescaping, one at a time.
///
/// The string must have been validated: escapes are complete and surrogates paired.
struct UnescapedBytes: IteratorProtocol {
    private var cursor: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    /// What is left of an escaped scalar: its bytes, the next one lowest.
    private var pending: UInt32 = 0

    init(_ key: JSONKey) {
        cursor = key.start
        end = key.start + key.count
    }

    mutating func next() -> UInt8? {
        if pending != 0 {
            let byte = UInt8(truncatingIfNeeded: pending)
            pending >>= 8
            return byte
        }
        guard cursor < end else { return nil }
        let byte = cursor.pointee
        cursor += 1
        guard byte == Ascii.backslash else { return byte }
        let escape = cursor.pointee
        cursor += 1
        switch escape {
        case 0x62: return 0x08
        case 0x66: return 0x0C
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x75: return unicodeEscape()
        default: return escape
        }
    }

    /// The scalar after `\u`: gives its first byte and keeps the others pending.
    private mutating func unicodeEscape() -> UInt8 {
        var scalar = ByteScan.hex4(cursor)
        cursor += 4
        if scalar & 0xFC00 == 0xD800 {
            let low = ByteScan.hex4(cursor + 2)
            cursor += 6
            scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
        }
        if scalar < 0x80 { return UInt8(scalar) }
        if scalar < 0x800 {
            pending = 0x80 | scalar & 0x3F
            return UInt8(0xC0 | scalar >> 6)
        }
        if scalar < 0x10000 {
            pending = (0x80 | scalar >> 6 & 0x3F) | (0x80 | scalar & 0x3F) << 8
            return UInt8(0xE0 | scalar >> 12)
        }
        pending = (0x80 | scalar >> 12 & 0x3F) | (0x80 | scalar >> 6 & 0x3F) << 8 | (0x80 | scalar & 0x3F) << 16
        return UInt8(0xF0 | scalar >> 18)
    }
}

extension UnescapedBytes {
    /// Writes everything that is left; runs between escapes are short, so a byte at a time. Gives the number of bytes,
    /// which is never more than the escaped form had.
    mutating func copy(to target: UnsafeMutablePointer<UInt8>) -> Int {
        var count = 0
        while let byte = next() {
            target[count] = byte
            count += 1
        }
        return count
    }
}

extension String {
    /// The unescaped text of `key`. Its bytes were validated by the reader, so they are not validated again.
    init(unescaping key: JSONKey) {
        if _fastPath(!key.hasEscapes) {
            let bytes = UnsafeBufferPointer(start: key.start, count: key.count)
            self = String(copying: UTF8Span(unchecked: bytes.span, isKnownASCII: key.isASCII))
        } else {
            self = String(unsafeUninitializedCapacity: key.count) { target in
                guard let start = target.baseAddress else { return 0 }
                var bytes = UnescapedBytes(key)
                return bytes.copy(to: start)
            }
        }
    }
}
