/// Looks at eight bytes at once ("SIMD within a register").
///
/// The tests follow Mycroft's zero-byte test: subtracting one from every byte borrows into the top bit exactly where a
/// byte was zero. A borrow can make bytes *above* a hit look like hits, never bytes below, so the lowest hit is exact.
@usableFromInline
enum ByteScan {
    @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
    @usableFromInline static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The next eight bytes; the first one lowest, on any machine.
    @inlinable @inline(__always)
    static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
    }

    /// Marks (top bit) the bytes that end a run of plain characters in a string: a quote, a backslash, a control
    /// character, or anything outside ASCII. Only the lowest mark is exact.
    @inlinable @inline(__always)
    static func notPlain(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = word &- (ones &* 0x20)
        return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | (controls & ~word) | word)
            & tops
    }

    /// Passes a run of plain characters in a string: stands at the first one that is not plain, or where fewer than
    /// eight bytes are left.
    @inline(__always)
    static func firstNotPlain(_ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var position = start
        // Names and short values end here.
        if end - position >= 8 {
            let marks = notPlain(load(position))
            if marks != 0 { return position + firstMark(marks) }
            position += 8
        }
        while end - position >= 16, arePlain16(position) { position += 16 }
        while end - position >= 8 {
            let marks = notPlain(load(position))
            if marks != 0 { return position + firstMark(marks) }
            position += 8
        }
        return position
    }

    /// Whether sixteen bytes are plain characters. Without a branch, so that the compiler makes it a few vector
    /// instructions.
    @inline(__always)
    private static func arePlain16(_ bytes: UnsafePointer<UInt8>) -> Bool {
        var stops: UInt8 = 0
        for index in 0..<16 {
            let byte = bytes[index]
            // As a signed number, a byte outside ASCII is below the control characters.
            stops |= (Int8(bitPattern: byte) < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
        }
        return stops == 0
    }

    /// Marks the bytes that a writer must escape: a quote, a backslash, a control character. Only the lowest mark is
    /// exact.
    @inlinable @inline(__always)
    static func needsEscape(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = word &- (ones &* 0x20)
        return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | (controls & ~word)) & tops
    }

    /// Whether any byte is a control character of ASCII.
    static func containsControl(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        var index = 0
        while bytes.count &- index >= 8 {
            let word = load(start + index)
            if (word &- (ones &* 0x20)) & ~word & tops != 0 { return true }
            index &+= 8
        }
        while index < bytes.count {
            if start[index] < 0x20 { return true }
            index &+= 1
        }
        return false
    }

    /// The index of the lowest marked byte. The marks must not be empty.
    @inlinable @inline(__always)
    static func firstMark(_ marks: UInt64) -> Int { marks.trailingZeroBitCount &>> 3 }

    /// Whether two byte strings of the same length are equal. Folds to immediate comparisons when one side is a
    /// literal.
    @inlinable @inline(__always)
    static func equal(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, count: Int) -> Bool {
        let left = UnsafeRawPointer(left)
        let right = UnsafeRawPointer(right)
        if count >= 8 {
            var index = 0
            while index &+ 8 <= count {
                if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                {
                    return false
                }
                index &+= 8
            }
            let last = count &- 8
            return left.loadUnaligned(fromByteOffset: last, as: UInt64.self)
                == right.loadUnaligned(fromByteOffset: last, as: UInt64.self)
        }
        if count >= 4 {
            let last = count &- 4
            return left.loadUnaligned(as: UInt32.self) == right.loadUnaligned(as: UInt32.self)
                && left.loadUnaligned(fromByteOffset: last, as: UInt32.self)
                    == right.loadUnaligned(fromByteOffset: last, as: UInt32.self)
        }
        if count >= 2 {
            let last = count &- 2
            return left.loadUnaligned(as: UInt16.self) == right.loadUnaligned(as: UInt16.self)
                && left.loadUnaligned(fromByteOffset: last, as: UInt16.self)
                    == right.loadUnaligned(fromByteOffset: last, as: UInt16.self)
        }
        return count == 0 || left.load(as: UInt8.self) == right.load(as: UInt8.self)
    }

    /// How many bytes the well-formed UTF-8 sequence at `pointer` has (2 to 4), or 0 if it is not well formed.
    ///
    /// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF. The first byte must not be
    /// ASCII.
    static func multibyteLength(_ pointer: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int {
        let first = pointer[0]
        let available = end - pointer
        if first < 0xC2 { return 0 }
        if first < 0xE0 {
            return available >= 2 && isContinuation(pointer[1]) ? 2 : 0
        }
        if first < 0xF0 {
            guard available >= 3, isContinuation(pointer[1]), isContinuation(pointer[2]) else { return 0 }
            if first == 0xE0 { return pointer[1] >= 0xA0 ? 3 : 0 }
            if first == 0xED { return pointer[1] < 0xA0 ? 3 : 0 }
            return 3
        }
        guard first < 0xF5, available >= 4 else { return 0 }
        guard isContinuation(pointer[1]), isContinuation(pointer[2]), isContinuation(pointer[3]) else { return 0 }
        if first == 0xF0 { return pointer[1] >= 0x90 ? 4 : 0 }
        if first == 0xF4 { return pointer[1] < 0x90 ? 4 : 0 }
        return 4
    }

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// The value of a hexadecimal digit of either case, or nil.
    @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The four hexadecimal digits at `pointer`, which were validated, as one number.
    static func hex4(_ pointer: UnsafePointer<UInt8>) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value = value << 4 | UInt32(hexDigit(pointer[index]) ?? 0) }
        return value
    }
}

/// The ASCII characters that the grammar names.
@usableFromInline
enum Ascii {
    @usableFromInline static let quote: UInt8 = 0x22
    @usableFromInline static let backslash: UInt8 = 0x5C
    @usableFromInline static let comma: UInt8 = 0x2C
    @usableFromInline static let colon: UInt8 = 0x3A
    @usableFromInline static let openBrace: UInt8 = 0x7B
    @usableFromInline static let closeBrace: UInt8 = 0x7D
    @usableFromInline static let openBracket: UInt8 = 0x5B
    @usableFromInline static let closeBracket: UInt8 = 0x5D
    @usableFromInline static let space: UInt8 = 0x20
    @usableFromInline static let newline: UInt8 = 0x0A
    @usableFromInline static let carriageReturn: UInt8 = 0x0D
    @usableFromInline static let tab: UInt8 = 0x09
    @usableFromInline static let minus: UInt8 = 0x2D
    @usableFromInline static let plus: UInt8 = 0x2B
    @usableFromInline static let point: UInt8 = 0x2E
    @usableFromInline static let zero: UInt8 = 0x30
    @usableFromInline static let nine: UInt8 = 0x39
}
