extension JSONReader {
    /// Reads a string.
    @inlinable
    public mutating func readString() throws(JSONError) -> String {
        try readStringKey().string
    }

    /// Reads a string whose length, in Unicode scalars, must lie in `lengths`.
    public mutating func readString(lengths: ClosedRange<Int>) throws(JSONError) -> String {
        let text = try readStringKey()
        // A scalar takes at least one byte, so most strings need not be counted.
        if text.count > lengths.upperBound || lengths.lowerBound > 0 {
            let length = text.scalarCount
            guard length >= lengths.lowerBound else {
                throw failure(.constraint, JSONReader.tooShort(lengths.lowerBound), valueStart)
            }
            guard length <= lengths.upperBound else {
                throw failure(.constraint, JSONReader.tooLong(lengths.upperBound), valueStart)
            }
        }
        return text.string
    }

    /// Reads a string to be matched in place: `switch try reader.readStringKey() { case "email": … }`.
    @inlinable
    public mutating func readStringKey() throws(JSONError) -> JSONKey {
        skipWhitespace()
        guard cursor < end, cursor.pointee == Ascii.quote else { throw mismatch("must be a string") }
        valueStart = cursor
        return try scanString()
    }

    /// Reads a string and lends its unescaped bytes, which are valid UTF-8 and gone when `body` returns.
    ///
    /// No copy is made unless the string contains escapes.
    public mutating func readStringBytes<R>(
        _ body: (UnsafeRawBufferPointer) throws(JSONError) -> R
    ) throws(JSONError) -> R {
        let text = try readStringKey()
        guard text.hasEscapes else {
            return try body(UnsafeRawBufferPointer(start: text.start, count: text.count))
        }
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
        defer { copy.deallocate() }
        var bytes = UnescapedBytes(text)
        let count = bytes.copy(to: copy)
        return try body(UnsafeRawBufferPointer(start: copy, count: count))
    }

    /// Validates the string whose opening quote the reader stands at, and passes its closing quote.
    @usableFromInline
    mutating func scanString() throws(JSONError) -> JSONKey {
        let start = cursor + 1
        let position = ByteScan.firstNotPlain(start, end: end)
        if _fastPath(position < end && position.pointee == Ascii.quote) {
            cursor = position + 1
            return JSONKey(start: start, count: position - start, hasEscapes: false, isASCII: true)
        }
        return try scanStringSlowly(start: start, from: position)
    }

    /// The rest of `scanString` from the first byte that is not plain, or where fewer than eight bytes are left.
    @inline(never)
    private mutating func scanStringSlowly(
        start: UnsafePointer<UInt8>, from first: UnsafePointer<UInt8>
    ) throws(JSONError) -> JSONKey {
        var position = first
        var hasEscapes = false
        var isASCII = true
        while position < end {
            let byte = position.pointee
            switch byte {
            case Ascii.quote:
                cursor = position + 1
                return JSONKey(start: start, count: position - start, hasEscapes: hasEscapes, isASCII: isASCII)
            case Ascii.backslash:
                hasEscapes = true
                position += try escapeLength(position, isASCII: &isASCII)
            case 0..<0x20:
                throw failure(.syntax, "must escape control characters in strings", position)
            case 0x80...:
                isASCII = false
                let length = ByteScan.multibyteLength(position, end: end)
                guard length > 0 else { throw failure(.encoding, "must be well-formed UTF-8", position) }
                position += length
            default:
                position += 1
                while end - position >= 8 {
                    let marks = ByteScan.notPlain(ByteScan.load(position))
                    guard marks == 0 else {
                        position += ByteScan.firstMark(marks)
                        break
                    }
                    position += 8
                }
            }
        }
        throw endOfInput()
    }

    /// How many bytes the escape at `position` has, a surrogate pair counting as one.
    private func escapeLength(_ position: UnsafePointer<UInt8>, isASCII: inout Bool) throws(JSONError) -> Int {
        guard end - position >= 2 else { throw endOfInput() }
        switch position[1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return 2
        case 0x75:
            let unit = try escapedUnit(position)
            if unit >= 0x80 { isASCII = false }
            guard unit & 0xF800 == 0xD800 else { return 6 }
            guard unit < 0xDC00 else { throw loneSurrogate(position) }
            guard end - position > 6 else { throw endOfInput() }
            guard position[6] == Ascii.backslash else { throw loneSurrogate(position) }
            guard end - position > 7 else { throw endOfInput() }
            guard position[7] == 0x75 else { throw loneSurrogate(position) }
            guard try escapedUnit(position + 6) & 0xFC00 == 0xDC00 else { throw loneSurrogate(position) }
            return 12
        default:
            throw failure(.syntax, "must not have an unknown escape", position)
        }
    }

    /// The UTF-16 unit of the `\uXXXX` at `position`.
    private func escapedUnit(_ position: UnsafePointer<UInt8>) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in 2..<6 {
            guard end - position > index else { throw endOfInput() }
            guard let digit = ByteScan.hexDigit(position[index]) else {
                throw failure(.syntax, "must have four hexadecimal digits after \\u", position)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    private func loneSurrogate(_ position: UnsafePointer<UInt8>) -> JSONError {
        failure(.encoding, "must not escape half of a surrogate pair", position)
    }

    static func tooShort(_ minimum: Int) -> String {
        minimum == 1 ? "must not be empty" : "must have at least \(minimum) characters"
    }

    static func tooLong(_ maximum: Int) -> String {
        switch maximum {
        case 0: "must be empty"
        case 1: "must have at most 1 character"
        default: "must have at most \(maximum) characters"
        }
    }
}

extension JSONKey {
    /// Unicode scalars after unescaping.
    var scalarCount: Int {
        if isASCII && !hasEscapes { return count }
        var scalars = 0
        var bytes = UnescapedBytes(self)
        while let byte = bytes.next() {
            if !ByteScan.isContinuation(byte) { scalars += 1 }
        }
        return scalars
    }
}
