extension JSONReader {
    /// Enters the object that comes next.
    @inlinable
    public mutating func beginObject() throws(JSONError) {
        skipWhitespace()
        guard cursor < end, cursor.pointee == Ascii.openBrace else { throw mismatch("must be an object") }
        try open()
    }

    /// Enters the array that comes next.
    @inlinable
    public mutating func beginArray() throws(JSONError) {
        skipWhitespace()
        guard cursor < end, cursor.pointee == Ascii.openBracket else { throw mismatch("must be an array") }
        try open()
    }

    @inlinable @inline(__always)
    mutating func open() throws(JSONError) {
        guard depth < maximumDepth else { throw tooDeep() }
        valueStart = cursor
        cursor += 1
        depth &+= 1
        isFresh = true
    }

    /// The name of the next member, or nil if the object ends here. After a name the reader stands at its value.
    public mutating func nextMember() throws(JSONError) -> JSONKey? {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        if cursor.pointee == Ascii.closeBrace {
            close()
            return nil
        }
        if isFresh {
            isFresh = false
        } else {
            guard cursor.pointee == Ascii.comma else {
                throw failure(.syntax, "must have ',' or '}' after a member", cursor)
            }
            cursor += 1
            skipWhitespace()
        }
        nameStart = cursor
        let name = try memberName()
        valueStart = cursor
        return name
    }

    /// Reads a name and its colon; stands at the value.
    @inline(__always)
    mutating func memberName() throws(JSONError) -> JSONKey {
        guard cursor < end else { throw endOfInput() }
        guard cursor.pointee == Ascii.quote else { throw failure(.syntax, "must have a member name here", cursor) }
        let name = try scanString()
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        guard cursor.pointee == Ascii.colon else {
            throw failure(.syntax, "must have ':' after a member name", cursor)
        }
        cursor += 1
        skipWhitespace()
        return name
    }

    /// Whether another element follows; if not, the array was closed.
    public mutating func nextElement() throws(JSONError) -> Bool {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        if cursor.pointee == Ascii.closeBracket {
            close()
            return false
        }
        if isFresh {
            isFresh = false
        } else {
            guard cursor.pointee == Ascii.comma else {
                throw failure(.syntax, "must have ',' or ']' after an element", cursor)
            }
            cursor += 1
            skipWhitespace()
        }
        valueStart = cursor
        return true
    }

    @inline(__always)
    private mutating func close() {
        valueStart = cursor
        cursor += 1
        depth &-= 1
        isFresh = false
    }

    /// Notes that the declared member `bit` was met, and refuses it if it was met before.
    ///
    /// To be called before its value is read. One mask serves 64 members; a type with more keeps several.
    @inlinable @inline(__always)
    public mutating func once(_ seen: inout UInt64, _ bit: Int) throws(JSONError) {
        let mask: UInt64 = 1 &<< UInt64(truncatingIfNeeded: bit)
        guard seen & mask == 0 else { throw failure(.duplicateMember, "appears twice", valueStart) }
        seen |= mask
    }

    /// Treats a member that the type did not declare, by policy: refuses it, or validates and skips its value.
    ///
    /// Where unknown members are ignored, two of the same name are still refused: when the first one is met, the rest
    /// of the object is read ahead once.
    public mutating func unknownMember() throws(JSONError) {
        guard unknownMembers == .ignore else { throw failure(.unknownMember, "is not a known member", valueStart) }
        if cursor >= namesCheckedTo { try checkRestOfObject() }
        try skip()
    }

    /// The error for a required member that was not there, to be made right after `nextMember` gave nil.
    public mutating func missing(_ name: StaticString) -> JSONError {
        JSONError(
            kind: .missingMember, message: "is required",
            pointer: pointer(to: valueStart) + "/" + JSONPointer.escape("\(name)"), offset: valueStart - base)
    }
}
