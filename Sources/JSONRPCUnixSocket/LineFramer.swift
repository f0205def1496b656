import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Cuts a stream of bytes into lines at LF. A struct without I/O: bytes in, lines out.
///
/// What is longer than the limit is reported once and then thrown away up to its line end, so that a stream without
/// one holds no memory.
struct LineFramer {
    enum Output {
        /// A line, its LF not included; valid only in the closure that it is lent to.
        case line(UnsafeRawBufferPointer)
        /// A line passed the limit; its bytes are gone and framing goes on behind its LF.
        case tooLong
    }

    let maximumLineBytes: Int
    private var buffer = ByteBuffer()
    /// How far `buffer` was searched for an LF, from its reader index.
    private var searched = 0
    private var isDiscarding = false

    private static let lineEnd = UInt8(ascii: "\n")

    init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Bytes held for lines that were not lent yet.
    var heldBytes: Int { buffer.readableBytes }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
            searched = 0
        } else {
            var bytes = bytes
            buffer.writeBuffer(&bytes)
        }
    }

    /// The stream has ended: what stands behind the last LF counts as a line.
    mutating func finish() {
        guard buffer.readableBytes > 0, buffer.readableBytesView.last != Self.lineEnd else { return }
        buffer.writeInteger(Self.lineEnd)
    }

    /// Lends the whole lines there are, one after the other, while `body` wants more.
    ///
    /// - Returns: whether `body` ended it, so that there may be another line.
    @discardableResult
    mutating func forEachLine(_ body: (Output) -> Bool) -> Bool {
        var taken = 0
        let wantsMore = buffer.withUnsafeReadableBytes { bytes in
            while let end = Self.lineEnd(in: bytes, from: searched) {
                let line = UnsafeRawBufferPointer(rebasing: bytes[taken..<end])
                taken = end + 1
                searched = taken
                if isDiscarding {
                    isDiscarding = false
                    continue
                }
                guard body(line.count <= maximumLineBytes ? .line(line) : .tooLong) else { return false }
            }
            searched = bytes.count
            return true
        }
        buffer.moveReaderIndex(forwardBy: taken)
        searched -= taken
        guard wantsMore else { return true }
        if !isDiscarding, buffer.readableBytes > maximumLineBytes {
            isDiscarding = true
            drop()
            return !body(.tooLong)
        }
        if isDiscarding || buffer.readableBytes == 0 { drop() }
        return false
    }

    private mutating func drop() {
        buffer = ByteBuffer()
        searched = 0
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from index: Int) -> Int? {
        guard let start = bytes.baseAddress, index < bytes.count,
            let found = memchr(start + index, CInt(lineEnd), bytes.count - index)
        else { return nil }
        return UnsafeRawPointer(found) - start
    }
}
