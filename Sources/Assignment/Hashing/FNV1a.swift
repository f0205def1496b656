/// FNV-1a with 32 bits (Fowler, Noll, Vo; RFC 9923) over the UTF-16 code units of texts.
///
/// A code unit above 255 goes into the state whole, as `charCodeAt` gives it: that is what GrowthBook's reference does
/// (the JavaScript SDK, `hashFnv32a`), and not what FNV over the bytes of UTF-8 or of UTF-16 would give.
struct FNV1a: Sendable, Equatable {
    private(set) var state: UInt32 = 0x811C_9DC5

    @inline(__always)
    mutating func add(unit: UInt32) {
        state = (state ^ unit) &* 0x0100_0193
    }

    mutating func add(_ text: String) {
        var text = text
        var copy = self
        text.withUTF8 { bytes in
            var index = 0
            while index < bytes.count {
                let byte = UInt32(bytes[index])
                guard byte >= 0x80 else {
                    copy.add(unit: byte)
                    index += 1
                    continue
                }
                index += copy.addScalar(bytes, at: index)
            }
        }
        self = copy
    }

    /// Adds the scalar that starts at `index`, which is beyond ASCII; the bytes are valid UTF-8. Returns its length.
    private mutating func addScalar(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let lead = UInt32(bytes[index])
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var scalar = lead & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for next in bytes[(index + 1)..<(index + length)] { scalar = scalar << 6 | UInt32(next) & 0x3F }
        if scalar < 0x1_0000 {
            add(unit: scalar)
        } else {
            scalar -= 0x1_0000
            add(unit: 0xD800 + scalar >> 10)
            add(unit: 0xDC00 + scalar & 0x3FF)
        }
        return length
    }

    /// Adds the digits of `number` in base ten.
    mutating func add(digitsOf number: UInt32) {
        var divisor: UInt32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            add(unit: 0x30 + number / divisor % 10)
            divisor /= 10
        }
    }
}
