/// A JSON value that was validated and kept as it was written, to be passed on or read later.
///
/// Always one line: line breaks between tokens become spaces, so that it can be spliced into a line protocol.
/// Two are equal when their bytes are.
public struct JSONRaw: Sendable, Hashable {
    /// UTF-8, a single value without white space around it.
    public let bytes: [UInt8]

    /// The `null` value.
    public static let null = JSONRaw(unchecked: Array("null".utf8))

    /// Takes bytes that a reader has validated.
    init(validated bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = ByteScan.containsControl(bytes) ? bytes.map(JSONRaw.onOneLine) : Array(bytes)
    }

    /// Inside strings control characters are escaped, so a line break stands between tokens.
    private static func onOneLine(_ byte: UInt8) -> UInt8 {
        byte == Ascii.newline || byte == Ascii.carriageReturn ? Ascii.space : byte
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Validates `bytes` (one document, white space around it allowed), as strictly as `JSONReader.skip` does.
    public init(validating bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withJSONReader { (reader) throws(JSONError) in try reader.readRaw() }
    }

    /// Validates `text`.
    public init(validating text: String) throws(JSONError) {
        try self.init(validating: Array(text.utf8))
    }

    /// Writes `value`.
    public init(_ value: JSONValue) {
        bytes = value.json()
    }

    /// What `value` writes, which must be exactly one value.
    public init(_ value: some JSONWritable) {
        bytes = value.json()
    }

    /// The kind of the value.
    public var kind: JSONKind {
        switch bytes[0] {
        case Ascii.openBrace: .object
        case Ascii.openBracket: .array
        case Ascii.quote: .string
        case 0x74, 0x66: .bool
        case 0x6E: .null
        default: .number
        }
    }

    /// Lends a reader at the value. Pointers in errors start at the value.
    public func withReader<R>(
        unknownMembers: JSONReader.UnknownMembers = .refuse,
        _ body: (inout JSONReader) throws(JSONError) -> R
    ) throws(JSONError) -> R {
        try bytes.withJSONReader(unknownMembers: unknownMembers, body)
    }
}

extension JSONRaw: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONRaw: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readRaw() }

    public func write(to writer: inout JSONWriter) { writer.raw(self) }
}

extension [UInt8] {
    /// Whether these are the bytes that stand there.
    public func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        withUnsafeBufferPointer { bytes in
            guard bytes.count == other.count else { return false }
            guard let left = bytes.baseAddress, let right = other.baseAddress else { return true }
            return ByteScan.equal(left, right.assumingMemoryBound(to: UInt8.self), count: bytes.count)
        }
    }

    /// Lends a reader over these bytes, and checks that `body` reads all of them.
    public func withJSONReader<R>(
        unknownMembers: JSONReader.UnknownMembers = .refuse,
        _ body: (inout JSONReader) throws(JSONError) -> R
    ) throws(JSONError) -> R {
        try withUnsafeBufferPointer { bytes throws(JSONError) in
            var reader = JSONReader(UnsafeRawBufferPointer(bytes), unknownMembers: unknownMembers)
            let result = try body(&reader)
            try reader.finish()
            return result
        }
    }
}
