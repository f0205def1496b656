/// The text of a member name, or of a string that is about to be matched, still in the reader's bytes.
///
/// Made to be switched over and forgotten, without an allocation:
///
/// ```swift
/// while let key = try reader.nextMember() {
///     switch key {
///     case "type": type = try reader.readString()
///     default: try reader.unknownMember()
///     }
/// }
/// ```
///
/// Escapes are honoured: `"t\u0079pe"` matches `"type"`. It points into the reader's bytes and must not outlive them;
/// `string` makes a copy that may.
public struct JSONKey: ExpressibleByStringLiteral {
    @usableFromInline let start: UnsafePointer<UInt8>
    /// Bytes between the quotes, escapes as they were written.
    @usableFromInline let count: Int
    @usableFromInline let hasEscapes: Bool
    @usableFromInline let isASCII: Bool

    @inlinable @inline(__always)
    init(start: UnsafePointer<UInt8>, count: Int, hasEscapes: Bool, isASCII: Bool) {
        self.start = start
        self.count = count
        self.hasEscapes = hasEscapes
        self.isASCII = isASCII
    }

    /// A name that is known at compile time; it is taken as it stands, without escapes.
    public init(stringLiteral text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount, hasEscapes: false, isASCII: text.isASCII)
    }

    /// Whether the unescaped text is `pattern`, byte for byte.
    @inlinable @inline(__always)
    public static func ~= (pattern: StaticString, key: JSONKey) -> Bool {
        if _fastPath(!key.hasEscapes) {
            return key.count == pattern.utf8CodeUnitCount
                && ByteScan.equal(key.start, pattern.utf8Start, count: key.count)
        }
        return key.unescapedEquals(pattern)
    }

    /// Whether the unescaped text is `text`, byte for byte.
    @inlinable
    public static func == (key: JSONKey, text: StaticString) -> Bool { text ~= key }

    /// The unescaped text, as a copy.
    public var string: String { String(unescaping: self) }

    @usableFromInline
    func unescapedEquals(_ text: StaticString) -> Bool {
        var bytes = UnescapedBytes(self)
        for index in 0..<text.utf8CodeUnitCount {
            guard let byte = bytes.next(), byte == text.utf8Start[index] else { return false }
        }
        return bytes.next() == nil
    }
}
