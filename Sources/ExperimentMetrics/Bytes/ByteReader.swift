internal import Statistics

/// Bytes are not what was written.
public struct DamagedBytes: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where reading stopped.
    public let offset: Int

    public var description: String { "stored sums are damaged at byte \(offset)" }
}

/// Reads what ``ByteWriter`` writes, and nothing else: each value has one form.
struct ByteReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var damage: DamagedBytes { DamagedBytes(offset: offset) }

    private mutating func next() throws(DamagedBytes) -> UInt8 {
        guard offset < bytes.count else { throw damage }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func unsigned() throws(DamagedBytes) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try next()
            // The tenth byte has one bit of 64, and no last byte but the only one is zero.
            guard shift < 63 || byte <= 1, byte != 0 || shift == 0 else { throw damage }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw damage
    }

    mutating func signed() throws(DamagedBytes) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Of a magnitude below 2⁵³, so that sums of many do not overflow.
    mutating func number() throws(DamagedBytes) -> Int {
        let value = try signed()
        guard value.magnitude < 1 << 53 else { throw damage }
        return Int(value)
    }

    mutating func sum() throws(DamagedBytes) -> CompensatedSum {
        let code = try unsigned()
        if code & 1 == 0 {
            let zigzag = code >> 1
            let whole = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            guard whole.magnitude < 1 << 53 else { throw damage }
            return CompensatedSum(Double(whole))
        }
        guard code == 1 else { throw damage }
        let (high, low) = (try double(), try double())
        guard high.isFinite, low.isFinite, low != 0 || Int64(exactly: high).map({ abs($0) >= 1 << 53 }) ?? true else {
            throw damage
        }
        return CompensatedSum(high: high, low: low)
    }

    private mutating func double() throws(DamagedBytes) -> Double {
        var bits: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bits |= UInt64(try next()) << shift }
        return Double(bitPattern: bits)
    }

    func end() throws(DamagedBytes) {
        guard offset == bytes.count else { throw damage }
    }
}
