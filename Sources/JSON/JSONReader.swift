/// Reads one JSON document from bytes, a value at a time, in the order in which it was written.
///
/// Strict RFC 8259 over UTF-8: nothing that the grammar does not allow is accepted, strings are checked for
/// well-formed UTF-8 and paired surrogate escapes, nesting is limited, and an error names its place.
///
/// ```swift
/// try reader.beginObject()
/// while let key = try reader.nextMember() {
///     switch key {
///     case "id": try reader.once(&seen, 0); id = try reader.readUUID()
///     case "age": try reader.once(&seen, 1); age = try reader.readInt64(in: 0...150)
///     default: try reader.unknownMember()
///     }
/// }
/// guard let id else { throw reader.missing("id") }
/// ```
///
/// Every call that consumes a value must find one: after `nextMember` or `nextElement` exactly one value is read or
/// skipped. After an error the reader is of no further use.
///
/// **Lifetime.** A reader, and every `JSONKey` it gives out, points into the bytes it was made from. The bytes must
/// stay where they are, unchanged, until the reader is gone; make it inside the closure that lends the pointer.
///
/// **Duplicate names** are refused everywhere: in what is skipped or kept raw, by the reader; of declared members, by
/// `once`; of ignored members, by `unknownMember`.
public struct JSONReader: ~Copyable {
    /// How deep arrays and objects may nest, at most, whatever the caller asks for.
    public static let depthLimit = 64

    /// What becomes of members that the reading type did not declare.
    public enum UnknownMembers: Sendable {
        /// They are an error: the public edge.
        case refuse
        /// They are validated and skipped: between services, so that one side can be newer.
        case ignore
    }

    @usableFromInline let base: UnsafePointer<UInt8>
    @usableFromInline let end: UnsafePointer<UInt8>
    @usableFromInline var cursor: UnsafePointer<UInt8>
    /// The start of the value that was read last; for an object or array that was closed, its closing bracket.
    @usableFromInline var valueStart: UnsafePointer<UInt8>
    /// The quote that opens the name of the current member.
    @usableFromInline var nameStart: UnsafePointer<UInt8>
    /// Up to here the names of ignored members are known to be distinct.
    @usableFromInline var namesCheckedTo: UnsafePointer<UInt8>
    @usableFromInline var depth = 0
    @usableFromInline let maximumDepth: Int
    /// The innermost array or object was opened and nothing was read from it: no comma is due.
    @usableFromInline var isFresh = false
    /// What becomes of members that the reading type did not declare.
    public let unknownMembers: UnknownMembers

    /// A reader at the start of `bytes`, which must outlive it unchanged.
    ///
    /// - Parameters:
    ///   - bytes: One document; white space around it is allowed.
    ///   - unknownMembers: What becomes of members that the reading type did not declare.
    ///   - maximumDepth: How many arrays and objects may be open at once, 0 to `depthLimit`.
    @inlinable
    public init(
        _ bytes: UnsafeRawBufferPointer, unknownMembers: UnknownMembers = .refuse, maximumDepth: Int = depthLimit
    ) {
        precondition(0...JSONReader.depthLimit ~= maximumDepth, "maximumDepth must be 0 to \(JSONReader.depthLimit)")
        let empty: StaticString = ""
        // An empty buffer may have no address; any valid one does, as nothing is read through it.
        base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress ?? empty.utf8Start
        end = base + bytes.count
        cursor = base
        valueStart = base
        nameStart = base
        namesCheckedTo = base
        self.maximumDepth = maximumDepth
        self.unknownMembers = unknownMembers
    }

    /// Bytes from the start of the document to where the reader stands.
    @inlinable public var offset: Int { cursor - base }

    /// The kind of the value that comes next, which stays unread.
    @inlinable
    public mutating func peek() throws(JSONError) -> JSONKind {
        skipWhitespace()
        guard cursor < end else { throw unexpected() }
        switch cursor.pointee {
        case Ascii.quote: return .string
        case Ascii.openBrace: return .object
        case Ascii.openBracket: return .array
        case Ascii.zero...Ascii.nine, Ascii.minus: return .number
        case 0x74, 0x66: return .bool
        case 0x6E: return .null
        default: throw unexpected()
        }
    }

    /// Checks that nothing but white space follows.
    public mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard cursor == end else { throw failure(.syntax, "has something after its end", cursor) }
    }

    @inlinable @inline(__always)
    mutating func skipWhitespace() {
        if _fastPath(cursor < end && cursor.pointee > Ascii.space) { return }
        skipWhitespaceRun()
    }

    @usableFromInline
    mutating func skipWhitespaceRun() {
        while cursor < end {
            switch cursor.pointee {
            case Ascii.space, Ascii.newline, Ascii.carriageReturn, Ascii.tab: cursor += 1
            default: return
            }
        }
    }
}
