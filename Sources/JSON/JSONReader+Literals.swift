extension JSONReader {
    /// Consumes `null` if it comes next; otherwise the value stays unread.
    @inlinable
    public mutating func readNull() throws(JSONError) -> Bool {
        skipWhitespace()
        guard cursor < end, cursor.pointee == 0x6E else { return false }
        valueStart = cursor
        try literal("null")
        return true
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        valueStart = cursor
        switch cursor.pointee {
        case 0x74:
            try literal("true")
            return true
        case 0x66:
            try literal("false")
            return false
        default:
            throw mismatch("must be true or false")
        }
    }

    @usableFromInline
    mutating func literal(_ text: StaticString) throws(JSONError) {
        let count = text.utf8CodeUnitCount
        guard end - cursor >= count, ByteScan.equal(cursor, text.utf8Start, count: count) else { throw unexpected() }
        cursor += count
    }
}
