/// A UUID of version 7 (RFC 9562, section 5.7): ordered by the time at which it was made.
public struct UUIDv7: Sendable, Hashable {
    /// Bytes 0 to 7, the first one highest: 48 bits of milliseconds since 1970, the version, 12 free bits.
    public let high: UInt64

    /// Bytes 8 to 15: the variant and 62 free bits.
    public let low: UInt64

    /// Nil unless version and variant are right.
    @inlinable
    public init?(high: UInt64, low: UInt64) {
        guard high & 0xF000 == 0x7000, low >> 62 == 0b10 else { return nil }
        self.high = high
        self.low = low
    }

    /// Composes an id. Bits that a field has no room for are dropped.
    ///
    /// - Parameters:
    ///   - milliseconds: Since 1970 UTC, 48 bits.
    ///   - sequence: 12 bits: random, or a counter within the millisecond.
    ///   - random: 62 bits.
    public init(milliseconds: UInt64, sequence: UInt16, random: UInt64) {
        high = milliseconds << 16 | 0x7000 | UInt64(sequence & 0x0FFF)
        low = 1 << 63 | random & (1 << 62 - 1)
    }

    /// Nil unless there are 16 bytes and they are of version 7.
    public init?(bytes: some Sequence<UInt8>) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in bytes {
            if count < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
            count += 1
            if count > 16 { return nil }
        }
        guard count == 16 else { return nil }
        self.init(high: high, low: low)
    }

    /// Nil unless `text` has the form 01930000-0000-7000-8000-000000000001, in either case, and is of version 7.
    public init?(_ text: String) {
        guard let id = text.withText({ UUIDv7(text: $0) }) else { return nil }
        self = id
    }

    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 36, text[8] == Ascii.minus, text[13] == Ascii.minus, text[18] == Ascii.minus,
            text[23] == Ascii.minus
        else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        guard UUIDv7.hex(text, 0..<8, into: &high), UUIDv7.hex(text, 9..<13, into: &high),
            UUIDv7.hex(text, 14..<18, into: &high), UUIDv7.hex(text, 19..<23, into: &low),
            UUIDv7.hex(text, 24..<36, into: &low)
        else { return nil }
        self.init(high: high, low: low)
    }

    @inline(__always)
    private static func hex(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, into value: inout UInt64) -> Bool {
        for index in range {
            guard let digit = ByteScan.hexDigit(text[index]) else { return false }
            value = value << 4 | UInt64(digit)
        }
        return true
    }

    /// The 16 bytes, in network order.
    public var bytes: [UInt8] {
        withBytes { Array($0) }
    }

    /// Lends the 16 bytes, in network order.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let words = (high.bigEndian, low.bigEndian)
        return try withUnsafePointer(to: words) { words throws(E) in
            try body(UnsafeRawBufferPointer(start: words, count: 16))
        }
    }

    /// When the id was made, in milliseconds since 1970 UTC.
    public var milliseconds: UInt64 { high >> 16 }
}

extension UUIDv7: Comparable {
    @inlinable
    public static func < (left: UUIDv7, right: UUIDv7) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension UUIDv7: CustomStringConvertible {
    /// The text form in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { target in
            guard let start = target.baseAddress else { return 0 }
            writeText(to: start)
            return 36
        }
    }

    /// Writes the 36 characters of the text form.
    func writeText(to target: UnsafeMutablePointer<UInt8>) {
        var position = target
        func digits(_ value: UInt64, _ count: Int) {
            for shift in stride(from: (count - 1) * 4, through: 0, by: -4) {
                position.pointee = JSONWriter.hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15)
                position += 1
            }
        }
        func dash() {
            position.pointee = Ascii.minus
            position += 1
        }
        digits(high >> 32, 8)
        dash()
        digits(high >> 16, 4)
        dash()
        digits(high, 4)
        dash()
        digits(low >> 48, 4)
        dash()
        digits(low, 12)
    }
}

extension UUIDv7: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readUUID() }

    public func write(to writer: inout JSONWriter) {
        writer.beginValue(38)
        writer.put(Ascii.quote)
        writeText(to: writer.buffer + writer.length)
        writer.length += 36
        writer.put(Ascii.quote)
    }
}
