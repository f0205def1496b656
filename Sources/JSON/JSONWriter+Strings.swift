extension JSONWriter {
    /// The name of a member; its value must follow.
    @inlinable
    public mutating func key(_ name: StaticString) {
        beginValue(name.utf8CodeUnitCount &+ 3)
        quoted(name.utf8Start, name.utf8CodeUnitCount)
        reserve(1)
        put(Ascii.colon)
        needsComma = false
    }

    /// The name of a member; its value must follow.
    @_disfavoredOverload  // literals are StaticStrings: no String is made of them
    public mutating func key(_ name: String) {
        string(name)
        reserve(1)
        put(Ascii.colon)
        needsComma = false
    }

    /// A string. Only what must be escaped is: quotes, backslashes and control characters.
    @_disfavoredOverload  // literals are StaticStrings: no String is made of them
    public mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            beginValue(utf8.count &+ 2)
            guard let start = utf8.baseAddress else { return emptyString() }
            quoted(start, utf8.count)
        }
    }

    /// A string that is known at compile time.
    @inlinable
    public mutating func string(_ text: StaticString) {
        beginValue(text.utf8CodeUnitCount &+ 2)
        quoted(text.utf8Start, text.utf8CodeUnitCount)
    }

    private mutating func emptyString() {
        put(Ascii.quote)
        put(Ascii.quote)
    }

    /// Writes `size` bytes of UTF-8 in quotes. There must be room for them unescaped, the quotes and the slack.
    @usableFromInline
    mutating func quoted(_ bytes: UnsafePointer<UInt8>, _ size: Int) {
        put(Ascii.quote)
        var index = 0
        let target = UnsafeMutableRawPointer(buffer + length)
        while size &- index >= 8 {
            let word = ByteScan.load(bytes + index)
            guard ByteScan.needsEscape(word) == 0 else { return escaped(bytes, size, from: index) }
            target.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        if index > 0, index < size {
            // The last eight bytes, of which some are in the buffer already.
            let word = ByteScan.load(bytes + (size &- 8))
            guard ByteScan.needsEscape(word) == 0 else { return escaped(bytes, size, from: index) }
            target.storeBytes(of: word.littleEndian, toByteOffset: size &- 8, as: UInt64.self)
            index = size
        }
        while index < size {
            let byte = bytes[index]
            guard byte >= 0x20, byte != Ascii.quote, byte != Ascii.backslash else {
                return escaped(bytes, size, from: index)
            }
            target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            index &+= 1
        }
        length &+= size
        put(Ascii.quote)
    }

    /// The rest of `quoted`, from the first place that may need an escape; the bytes before it are in the buffer.
    @inline(never)
    private mutating func escaped(_ bytes: UnsafePointer<UInt8>, _ size: Int, from first: Int) {
        length += first
        for index in first..<size {
            // Six for the longest escape, one for the closing quote.
            reserve(size - index + 7)
            let byte = bytes[index]
            switch byte {
            case Ascii.quote, Ascii.backslash:
                put(Ascii.backslash)
                put(byte)
            case 0x0A: escape(0x6E)
            case 0x0D: escape(0x72)
            case 0x09: escape(0x74)
            case 0x08: escape(0x62)
            case 0x0C: escape(0x66)
            case 0..<0x20:
                escape(0x75)
                put(Ascii.zero)
                put(Ascii.zero)
                put(Ascii.zero + byte >> 4)
                put(JSONWriter.hexDigit(byte & 15))
            default: put(byte)
            }
        }
        put(Ascii.quote)
    }

    private mutating func escape(_ letter: UInt8) {
        put(Ascii.backslash)
        put(letter)
    }

    /// The lower-case hexadecimal digit of 0 to 15.
    @inline(__always)
    static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x57 &+ value }
}
