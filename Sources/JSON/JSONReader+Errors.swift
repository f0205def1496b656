extension JSONReader {
    /// An error about the value that was read last, or the one at `offset`.
    ///
    /// - Parameters:
    ///   - kind: What was wrong.
    ///   - message: A sentence without its subject: "must be at most 150".
    ///   - offset: Where the value starts, in bytes; at most where the reader stands.
    public func fail(_ kind: JSONError.Kind, _ message: String, at offset: Int? = nil) -> JSONError {
        failure(kind, message, offset.map { base + min(max($0, 0), cursor - base) } ?? valueStart)
    }

    @usableFromInline @inline(never)
    func failure(_ kind: JSONError.Kind, _ message: String, _ place: UnsafePointer<UInt8>) -> JSONError {
        JSONError(kind: kind, message: message, pointer: pointer(to: place), offset: place - base)
    }

    /// The value that comes next is of another type than the one asked for, or is no value at all.
    @usableFromInline @inline(never)
    func mismatch(_ message: String) -> JSONError {
        guard cursor < end else { return endOfInput() }
        switch cursor.pointee {
        case Ascii.quote, Ascii.openBrace, Ascii.openBracket, Ascii.minus, Ascii.zero...Ascii.nine, 0x74, 0x66, 0x6E:
            return failure(.type, message, cursor)
        default:
            return unexpected()
        }
    }

    @usableFromInline @inline(never)
    func unexpected() -> JSONError {
        cursor < end ? failure(.syntax, "must have a value here", cursor) : endOfInput()
    }

    @usableFromInline @inline(never)
    func endOfInput() -> JSONError {
        failure(.syntax, "must not end here", end)
    }

    @usableFromInline @inline(never)
    func tooDeep() -> JSONError {
        failure(.depth, "must not nest deeper than \(maximumDepth) levels", cursor)
    }

    /// The JSON Pointer of what lies at `place`: a value, a byte inside one, or the bracket that closes one.
    ///
    /// Reads from the start and trusts what it reads, because the reader came past it; stops at `place`.
    func pointer(to place: UnsafePointer<UInt8>) -> String {
        var path: [PathLevel] = []
        var position = base
        var lastByte = Ascii.space
        while position < place {
            let byte = position.pointee
            let last = path.count - 1
            switch byte {
            case Ascii.openBrace: path.append(.member(nil))
            case Ascii.openBracket: path.append(.element(0))
            case Ascii.closeBrace, Ascii.closeBracket: _ = path.popLast()
            case Ascii.comma where last >= 0: path[last].advance()
            case Ascii.quote:
                let text = stringForPointer(position, before: place)
                position = text.start + text.count
                if position < place, last >= 0, case .member(nil) = path[last] { path[last] = .member(text) }
            default: break
            }
            if byte > Ascii.space { lastByte = byte }
            position += 1
        }
        // At a closing bracket the path is the container's, unless a value was due there.
        if place < end, place.pointee == Ascii.closeBrace || place.pointee == Ascii.closeBracket,
            lastByte != Ascii.colon, lastByte != Ascii.comma
        {
            _ = path.popLast()
        }
        return path.reduce(into: "") { $0 += $1.token }
    }

    /// The string at `quote`, which ends at its closing quote or at `place`.
    private func stringForPointer(_ quote: UnsafePointer<UInt8>, before place: UnsafePointer<UInt8>) -> JSONKey {
        var hasEscapes = false
        var position = quote + 1
        while position < place, position.pointee != Ascii.quote {
            if position.pointee == Ascii.backslash {
                hasEscapes = true
                position += 1
            }
            position += 1
        }
        return JSONKey(start: quote + 1, count: position - quote - 1, hasEscapes: hasEscapes, isASCII: false)
    }
}

/// One step on the way to a place in a document.
private enum PathLevel {
    /// Inside an object, at this member; nil before its name was read.
    case member(JSONKey?)
    /// Inside an array, at this index.
    case element(Int)

    /// Past a comma.
    mutating func advance() {
        switch self {
        case .member: self = .member(nil)
        case .element(let index): self = .element(index + 1)
        }
    }

    var token: String {
        switch self {
        case .member(nil): ""
        case .member(.some(let name)): "/" + JSONPointer.escape(name.string)
        case .element(let index): "/\(index)"
        }
    }
}
