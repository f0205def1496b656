extension JSONWriter {
    /// An integer of any width.
    @inlinable
    public mutating func int(_ value: some FixedWidthInteger) {
        if let value = Int64(exactly: value) {
            int64(value)
        } else if let value = UInt64(exactly: value) {
            uint64(value)
        } else {
            number(String(value))
        }
    }

    @usableFromInline
    mutating func int64(_ value: Int64) {
        beginValue(20)
        if value < 0 { put(Ascii.minus) }
        digits(value.magnitude)
    }

    @usableFromInline
    mutating func uint64(_ value: UInt64) {
        beginValue(20)
        digits(value)
    }

    /// The shortest text that reads back as `value`: 100, 0.1, 1e-05. Must be finite, as JSON has no other numbers.
    public mutating func double(_ value: Double) {
        precondition(value.isFinite, "JSON has no text for \(value)")
        if value.magnitude < 0x1p53 {
            let integer = Int64(value)
            if Double(integer) == value, integer != 0 || value.sign == .plus { return int64(integer) }
        }
        number(value.description)
    }

    /// The text of a number, as it is. It must follow the grammar of JSON numbers.
    @usableFromInline
    mutating func number(_ text: String) {
        var text = text
        text.withUTF8 { rawBytes(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number without sign or comma; there must be room for 20 digits.
    @inline(__always)
    mutating func digits(_ value: UInt64) {
        let size = JSONWriter.digitCount(value)
        var rest = value
        var index = length &+ size
        while rest >= 10 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            index &-= 1
            buffer[index] = Ascii.zero &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        buffer[index &- 1] = Ascii.zero &+ UInt8(truncatingIfNeeded: rest)
        length &+= size
    }

    /// Appends exactly `size` digits, with leading zeros; there must be room.
    @inline(__always)
    mutating func digits(_ value: Int, size: Int) {
        var rest = UInt(truncatingIfNeeded: value)
        var index = size
        while index > 0 {
            index &-= 1
            buffer[length &+ index] = Ascii.zero &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        length &+= size
    }

    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        var size = 1
        var limit: UInt64 = 10
        while value >= limit {
            size &+= 1
            let (next, overflows) = limit.multipliedReportingOverflow(by: 10)
            if overflows { break }
            limit = next
        }
        return size
    }
}
