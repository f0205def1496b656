extension JSONReader {
    /// Reads an integer from -2⁶³ to 2⁶³ - 1. A fraction or an exponent is refused, even in 1.0.
    public mutating func readInt64() throws(JSONError) -> Int64 {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        let start = cursor
        let isNegative = start.pointee == Ascii.minus
        let magnitude = try readMagnitude(isNegative ? start + 1 : start)
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { throw outOfRange("64-bit integer") }
            return 0 &- Int64(truncatingIfNeeded: magnitude)
        }
        guard magnitude <= Int64.max.magnitude else { throw outOfRange("64-bit integer") }
        return Int64(truncatingIfNeeded: magnitude)
    }

    /// Reads an integer from 0 to 2⁶⁴ - 1. A fraction or an exponent is refused, even in 1.0.
    public mutating func readUInt64() throws(JSONError) -> UInt64 {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        let start = cursor
        let isNegative = start.pointee == Ascii.minus
        let magnitude = try readMagnitude(isNegative ? start + 1 : start)
        guard !isNegative || magnitude == 0 else { throw failure(.number, "must be at least 0", valueStart) }
        return magnitude
    }

    /// Reads an integer that must lie in `range`.
    public mutating func readInt64(in range: ClosedRange<Int64>) throws(JSONError) -> Int64 {
        let value = try readInt64()
        guard value >= range.lowerBound else {
            throw failure(.constraint, "must be at least \(range.lowerBound)", valueStart)
        }
        guard value <= range.upperBound else {
            throw failure(.constraint, "must be at most \(range.upperBound)", valueStart)
        }
        return value
    }

    /// Reads an integer that must lie in `range`.
    public mutating func readUInt64(in range: ClosedRange<UInt64>) throws(JSONError) -> UInt64 {
        let value = try readUInt64()
        guard value >= range.lowerBound else {
            throw failure(.constraint, "must be at least \(range.lowerBound)", valueStart)
        }
        guard value <= range.upperBound else {
            throw failure(.constraint, "must be at most \(range.upperBound)", valueStart)
        }
        return value
    }

    /// Reads a number as the nearest double (ties to even). One too large for any double is refused; one too small
    /// becomes zero.
    public mutating func readDouble() throws(JSONError) -> Double {
        try scanNumberHere()
        let value = DecimalScan.double(UnsafeBufferPointer(start: valueStart, count: cursor - valueStart))
        guard value.isFinite else { throw outOfRange("double") }
        return value
    }

    /// Reads a number, as `readDouble`, that must lie in `range`.
    public mutating func readDouble(in range: ClosedRange<Double>) throws(JSONError) -> Double {
        let value = try readDouble()
        guard value >= range.lowerBound else {
            throw failure(.constraint, "must be at least \(JSONNumber(range.lowerBound).text)", valueStart)
        }
        guard value <= range.upperBound else {
            throw failure(.constraint, "must be at most \(JSONNumber(range.upperBound).text)", valueStart)
        }
        return value
    }

    /// Reads a number exactly, with at most `JSONDecimal.maximumDigits` significant digits.
    public mutating func readDecimal() throws(JSONError) -> JSONDecimal {
        try scanNumberHere()
        guard let value = JSONDecimal(UnsafeBufferPointer(start: valueStart, count: cursor - valueStart)) else {
            throw outOfRange("decimal of \(JSONDecimal.maximumDigits) digits")
        }
        return value
    }

    /// Reads a number of any size and keeps its text.
    public mutating func readNumber() throws(JSONError) -> JSONNumber {
        try scanNumberHere()
        let text = JSONKey(start: valueStart, count: cursor - valueStart, hasEscapes: false, isASCII: true)
        return JSONNumber(validated: text.string)
    }

    private mutating func scanNumberHere() throws(JSONError) {
        skipWhitespace()
        guard cursor < end, cursor.pointee == Ascii.minus || cursor.pointee &- Ascii.zero < 10 else {
            throw mismatch("must be a number")
        }
        valueStart = cursor
        try scanNumber()
    }

    private func outOfRange(_ type: String) -> JSONError {
        failure(.number, "must fit into a \(type)", valueStart)
    }

    /// Reads the digits of an integer from `first`, behind its sign, and leaves the reader behind them.
    @inline(__always)
    private mutating func readMagnitude(_ first: UnsafePointer<UInt8>) throws(JSONError) -> UInt64 {
        var position = first
        var value: UInt64 = 0
        // Nineteen digits cannot overflow.
        let safe = end - first > 19 ? first + 19 : end
        while position < safe {
            let digit = position.pointee &- Ascii.zero
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            position += 1
        }
        let count = position - first
        let hasMore = position < end && JSONReader.continuesNumber(position.pointee)
        if _slowPath(count == 0 || hasMore || (count > 1 && first.pointee == Ascii.zero)) {
            return try readUnusualMagnitude(first)
        }
        valueStart = cursor
        cursor = position
        return value
    }

    @inline(__always)
    private static func continuesNumber(_ byte: UInt8) -> Bool {
        byte &- Ascii.zero < 10 || byte == Ascii.point || byte | 0x20 == 0x65
    }

    /// What is no number, no integer, or has more than nineteen digits.
    @inline(never)
    private mutating func readUnusualMagnitude(_ first: UnsafePointer<UInt8>) throws(JSONError) -> UInt64 {
        guard cursor.pointee == Ascii.minus || cursor.pointee &- Ascii.zero < 10 else {
            throw mismatch("must be an integer")
        }
        valueStart = cursor
        try scanNumber()
        var value: UInt64 = 0
        var position = first
        while position < cursor {
            let digit = position.pointee &- Ascii.zero
            guard digit < 10 else { throw failure(.type, "must be an integer", valueStart) }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
            guard !overflows, !carries else { throw outOfRange("64-bit integer") }
            value = sum
            position += 1
        }
        return value
    }

    /// Passes the number that the reader stands at: `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`.
    @usableFromInline
    mutating func scanNumber() throws(JSONError) {
        var position = cursor
        if position.pointee == Ascii.minus { position += 1 }
        if position < end, position.pointee == Ascii.zero {
            position += 1
            guard position == end || position.pointee &- Ascii.zero >= 10 else {
                throw failure(.syntax, "must not be a number with leading zeros", cursor)
            }
        } else {
            position = try digits(position)
        }
        if position < end, position.pointee == Ascii.point {
            position = try digits(position + 1)
        }
        if position < end, position.pointee | 0x20 == 0x65 {
            position += 1
            if position < end, position.pointee == Ascii.plus || position.pointee == Ascii.minus { position += 1 }
            position = try digits(position)
        }
        cursor = position
    }

    /// Passes one digit or more.
    @inline(__always)
    private func digits(_ first: UnsafePointer<UInt8>) throws(JSONError) -> UnsafePointer<UInt8> {
        var position = first
        while position < end, position.pointee &- Ascii.zero < 10 { position += 1 }
        guard position > first else {
            throw first < end ? failure(.syntax, "must be a number such as -1, 0.5 or 1e9", cursor) : endOfInput()
        }
        return position
    }
}
