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
    enum Output: Equatable {
        /// A line, its LF not included.
        case line(ByteBuffer)
        /// A line passed the limit; its bytes are gone and framing goes on behind its LF.
        case tooLong
    }

    let maximumLineBytes: Int
    private var buffer = ByteBuffer()
    /// How far `buffer` was searched for an LF, from its reader index.
    private var searched = 0
    private var isDiscarding = false

    init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Bytes held for a line that is not whole yet.
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

    /// The next line, or nil until more bytes arrive.
    mutating func next() -> Output? {
        while let end = nextLineEnd() {
            searched = 0
            let line = buffer.readSlice(length: end)
            buffer.moveReaderIndex(forwardBy: 1)
            if isDiscarding {
                isDiscarding = false
                continue
            }
            guard let line, end <= maximumLineBytes else { return .tooLong }
            return .line(line)
        }
        searched = buffer.readableBytes
        if isDiscarding {
            drop()
        } else if buffer.readableBytes > maximumLineBytes {
            drop()
            isDiscarding = true
            return .tooLong
        } else if buffer.readableBytes == 0 {
            drop()
        }
        return nil
    }

    /// At the end of the stream: what stands behind the last LF counts as a line.
    mutating func finish() -> Output? {
        guard buffer.readableBytes > 0, !isDiscarding else { return nil }
        defer { drop() }
        return .line(buffer)
    }

    private mutating func drop() {
        buffer = ByteBuffer()
        searched = 0
    }

    private func nextLineEnd() -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress, searched < bytes.count,
                let found = memchr(start + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }
}
