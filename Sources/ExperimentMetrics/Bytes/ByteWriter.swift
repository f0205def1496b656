internal import Statistics

/// Numbers to bytes, small ones to few: LEB128, with the sign in the last bit where there is one (zigzag).
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(signed value: Int64) { write(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    mutating func write(_ value: Int) { write(signed: Int64(value)) }

    /// A whole number below 2⁵³ as twice its zigzag; anything else as 1 and the bits of both parts.
    mutating func write(_ sum: CompensatedSum) {
        if sum.low == 0, let whole = Int64(exactly: sum.high), abs(whole) < 1 << 53 {
            write(UInt64(bitPattern: (whole << 1) ^ (whole >> 63)) << 1)
            return
        }
        write(UInt64(1))
        for part in [sum.high, sum.low] {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: part.bitPattern >> UInt64(shift)))
            }
        }
    }
}
