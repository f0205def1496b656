/// Writes JSON into a buffer of its own, without white space; places the commas itself.
///
/// ```swift
/// writer.beginObject()
/// writer.key("id")
/// id.write(to: &writer)
/// writer.endObject()
/// ```
///
/// It does not check that keys and values alternate or that brackets match: what calls it is generated, and tested.
public struct JSONWriter: ~Copyable, @unchecked Sendable {
    // Unchecked: the memory is this writer's alone, and there is one of each.
    @usableFromInline var buffer: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var length = 0
    private var ownsBuffer = true
    /// A value was just completed: another one needs a comma first.
    @usableFromInline var needsComma = false

    /// Room that is always left behind the written bytes, so that short things are copied eight bytes at a time.
    @usableFromInline static var slack: Int { 16 }

    /// Bytes written so far.
    @inlinable public var count: Int { length }

    /// What a writer shrinks to.
    private static var smallCapacity: Int { 512 + slack }

    /// An empty writer with room for `capacity` bytes; it grows as needed.
    public init(capacity: Int = 512) {
        self.capacity = max(capacity, 16) + JSONWriter.slack
        buffer = .allocate(capacity: self.capacity)
    }

    /// An empty writer that uses `memory`, which must outlive it, until it needs more; then its own.
    public init(using memory: UnsafeMutableRawBufferPointer) {
        let bytes = memory.assumingMemoryBound(to: UInt8.self)
        guard let start = bytes.baseAddress, bytes.count > JSONWriter.slack else { preconditionFailure("no room") }
        buffer = start
        capacity = bytes.count
        ownsBuffer = false
    }

    deinit {
        if ownsBuffer { buffer.deallocate() }
    }

    /// Makes room for `size` more bytes and the slack.
    @inlinable @inline(__always)
    mutating func reserve(_ size: Int) {
        if _slowPath(capacity &- length < size &+ JSONWriter.slack) { grow(size) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ size: Int) {
        let larger = max(capacity * 2, length + size + JSONWriter.slack)
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        copy.update(from: buffer, count: length)
        if ownsBuffer { buffer.deallocate() }
        ownsBuffer = true
        buffer = copy
        capacity = larger
    }

    /// Appends one byte; there must be room.
    @inlinable @inline(__always)
    mutating func put(_ byte: UInt8) {
        buffer[length] = byte
        length &+= 1
    }

    /// Makes room for a value of `size` bytes and its comma, and places the comma.
    @inlinable @inline(__always)
    mutating func beginValue(_ size: Int) {
        reserve(size &+ 1)
        if needsComma { put(Ascii.comma) }
        needsComma = true
    }

    /// Opens an object; keys and values follow.
    @inlinable
    public mutating func beginObject() {
        beginValue(1)
        put(Ascii.openBrace)
        needsComma = false
    }

    /// Closes the innermost object.
    @inlinable
    public mutating func endObject() {
        reserve(1)
        put(Ascii.closeBrace)
        needsComma = true
    }

    /// Opens an array; values follow.
    @inlinable
    public mutating func beginArray() {
        beginValue(1)
        put(Ascii.openBracket)
        needsComma = false
    }

    /// Closes the innermost array.
    @inlinable
    public mutating func endArray() {
        reserve(1)
        put(Ascii.closeBracket)
        needsComma = true
    }

    /// `null`.
    @inlinable
    public mutating func null() { literal("null") }

    /// `true` or `false`.
    @inlinable
    public mutating func bool(_ value: Bool) {
        if value { literal("true") } else { literal("false") }
    }

    @inlinable @inline(__always)
    mutating func literal(_ text: StaticString) {
        beginValue(8)
        append(text.utf8Start, text.utf8CodeUnitCount)
    }

    /// A value that was validated before.
    public mutating func raw(_ value: JSONRaw) {
        value.bytes.withUnsafeBytes { rawBytes($0) }
    }

    /// Bytes that are one value, as they are. The caller vouches for them.
    public mutating func rawBytes(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count > 0 else {
            preconditionFailure("a value has at least one byte")
        }
        beginValue(bytes.count)
        append(start, bytes.count)
    }

    /// Ends a line; the next value needs no comma.
    @inlinable
    public mutating func newline() {
        reserve(1)
        put(Ascii.newline)
        needsComma = false
    }

    /// Forgets everything written; without `keepingCapacity` also gives back the memory it grew into.
    public mutating func removeAll(keepingCapacity: Bool = true) {
        length = 0
        needsComma = false
        if !keepingCapacity, ownsBuffer, capacity > JSONWriter.smallCapacity {
            buffer.deallocate()
            capacity = JSONWriter.smallCapacity
            buffer = .allocate(capacity: capacity)
        }
    }

    /// Forgets everything written after the first `count` bytes, which must end where a token does.
    public mutating func truncate(to count: Int) {
        precondition(0...length ~= count, "a writer can only be truncated to what it has written")
        length = count
        resumeComma()
    }

    /// Whether a comma is due can be told from the last byte.
    mutating func resumeComma() {
        guard length > 0 else {
            needsComma = false
            return
        }
        needsComma = Self.needsComma(after: buffer[length - 1])
    }

    @inlinable @inline(__always)
    static func needsComma(after byte: UInt8) -> Bool {
        switch byte {
        case Ascii.openBrace, Ascii.openBracket, Ascii.colon, Ascii.comma, Ascii.newline: false
        default: true
        }
    }

    /// Appends bytes for which there is room.
    @inlinable @inline(__always)
    mutating func append(_ bytes: UnsafePointer<UInt8>, _ size: Int) {
        (buffer + length).update(from: bytes, count: size)
        length &+= size
    }

    /// Lends what was written. The bytes are gone when `body` returns.
    @inlinable
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: buffer, count: length))
    }

    /// A copy of what was written.
    public func bytes() -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: buffer, count: length))
    }

    /// A copy of what was written, as text.
    public func string() -> String {
        String(decoding: UnsafeBufferPointer(start: buffer, count: length), as: UTF8.self)
    }
}
