extension JSONReader {
    /// Passes the value that comes next, validating all of it: grammar, UTF-8, depth, duplicate names.
    public mutating func skip() throws(JSONError) {
        skipWhitespace()
        guard cursor < end else { throw endOfInput() }
        let start = cursor
        switch cursor.pointee {
        case Ascii.openBrace, Ascii.openBracket: try skipContainer(fromMember: false)
        default: try skipScalar()
        }
        valueStart = start
        isFresh = false
    }

    /// Passes the value that comes next, as `skip` does, and gives the bytes it takes, from the document's start.
    public mutating func skipRange() throws(JSONError) -> Range<Int> {
        try skip()
        return (valueStart - base)..<(cursor - base)
    }

    /// Reads the value that comes next as it was written, validated, into memory of its own.
    public mutating func readRaw() throws(JSONError) -> JSONRaw {
        try skip()
        return JSONRaw(validated: UnsafeBufferPointer(start: valueStart, count: cursor - valueStart))
    }

    /// Checks that the members from the current one to the end of its object have different names, then comes back.
    mutating func checkRestOfObject() throws(JSONError) {
        let value = cursor
        cursor = nameStart
        try skipContainer(fromMember: true)
        namesCheckedTo = cursor
        cursor = value
    }

    @inline(__always)
    private mutating func skipScalar() throws(JSONError) {
        switch cursor.pointee {
        case Ascii.quote: _ = try scanString()
        case Ascii.minus, Ascii.zero...Ascii.nine: try scanNumber()
        case 0x74: try literal("true")
        case 0x66: try literal("false")
        case 0x6E: try literal("null")
        default: throw unexpected()
        }
    }

    /// What the grammar wants next inside an array or object.
    private enum Expectation {
        case value
        case name
        case separator
    }

    /// Passes an array or object, or (`fromMember`) an open object from one of its names to its end. Iterates rather
    /// than recurses: one bit a level says whether it is an object.
    private mutating func skipContainer(fromMember: Bool) throws(JSONError) {
        try withUnsafeTemporaryAllocation(of: MemberNames.Entry.self, capacity: JSONReader.namesOnStack) {
            memory throws(JSONError) in
            guard let address = memory.baseAddress else { return }
            var names = MemberNames(using: address, capacity: memory.count)
            try skipContainer(fromMember: fromMember, &names)
        }
    }

    /// How many names of open objects fit on the stack: a temporary allocation above 1 KiB would go to the heap.
    private static var namesOnStack: Int { 1_024 / MemoryLayout<MemberNames.Entry>.stride }

    private mutating func skipContainer(fromMember: Bool, _ names: inout MemberNames) throws(JSONError) {
        var kinds: UInt64 = 0
        var open = 0
        var expected = Expectation.value
        let room = maximumDepth - depth + (fromMember ? 1 : 0)
        if fromMember {
            kinds = 1
            open = 1
            names.openObject(at: cursor)
            expected = .name
        }
        while true {
            skipWhitespace()
            guard cursor < end else { throw endOfInput() }
            switch expected {
            case .value:
                expected = .separator
                switch cursor.pointee {
                case Ascii.openBrace:
                    guard open < room else { throw tooDeep() }
                    kinds = kinds << 1 | 1
                    open += 1
                    names.openObject(at: cursor)
                    cursor += 1
                    skipWhitespace()
                    if cursor < end, cursor.pointee != Ascii.closeBrace { expected = .name }
                case Ascii.openBracket:
                    guard open < room else { throw tooDeep() }
                    kinds = kinds << 1
                    open += 1
                    cursor += 1
                    skipWhitespace()
                    if cursor < end, cursor.pointee != Ascii.closeBracket { expected = .value }
                default:
                    try skipScalar()
                }
            case .name:
                let name = try memberName()
                guard names.insert(name) else { throw duplicate(name) }
                expected = .value
            case .separator:
                let isObject = kinds & 1 == 1
                switch cursor.pointee {
                case Ascii.comma:
                    cursor += 1
                    expected = isObject ? .name : .value
                case Ascii.closeBrace where isObject:
                    if let twice = names.closeObject() { throw duplicate(twice) }
                    fallthrough
                case Ascii.closeBracket where !isObject:
                    cursor += 1
                    kinds >>= 1
                    open -= 1
                    if open == 0 { return }
                default:
                    throw failure(.syntax, isObject ? "must have ',' or '}'" : "must have ',' or ']'", cursor)
                }
            }
        }
    }

    @inline(never)
    private func duplicate(_ name: JSONKey) -> JSONError {
        let nameEnd = name.start + name.count + 1
        return JSONError(
            kind: .duplicateMember, message: "appears twice", pointer: pointer(to: nameEnd),
            offset: name.start - 1 - base)
    }
}
