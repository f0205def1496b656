import NIOCore

/// Plaintext that waits for the handshake or for the channel, with the promises of those who wrote it.
struct PendingWrites {
    private var writes = MarkedCircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(
        initialCapacity: 8)
    /// Flushed or not.
    private(set) var byteCount = 0

    var hasFlushed: Bool { writes.hasMark }

    mutating func append(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        byteCount += bytes.readableBytes
        writes.append((bytes, promise))
    }

    mutating func flush() { writes.mark() }

    /// Takes flushed bytes off the front, in their order, into `encrypt`.
    /// - Parameter limit: bytes to take.
    /// - Returns: a promise to fulfil when they are written, which fulfils those of all writes taken to their end.
    mutating func takeFlushed(
        limit: Int, on eventLoop: any EventLoop,
        _ encrypt: (_ bytes: inout ByteBuffer, _ count: Int) throws(TLSError) -> Void
    ) throws(TLSError) -> EventLoopPromise<Void>? {
        var room = limit
        var written: EventLoopPromise<Void>?
        while writes.hasMark {
            let first = writes.startIndex
            let count = min(writes[first].bytes.readableBytes, room)
            do {
                try encrypt(&writes[first].bytes, count)
            } catch {
                written?.fail(error)
                throw error
            }
            byteCount -= count
            room -= count
            if writes[first].bytes.readableBytes > 0 { break }
            guard let promise = writes.removeFirst().promise else { continue }
            if let written {
                written.futureResult.cascade(to: promise)
            } else {
                written = promise
            }
        }
        return written
    }

    mutating func failUnflushed(_ error: TLSError) {
        var kept = MarkedCircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(initialCapacity: 8)
        var unflushed: [EventLoopPromise<Void>?] = []
        while writes.hasMark { kept.append(writes.removeFirst()) }
        kept.mark()
        while let write = writes.popFirst() {
            byteCount -= write.bytes.readableBytes
            unflushed.append(write.promise)
        }
        writes = kept
        for promise in unflushed { promise?.fail(error) }
    }

    mutating func failAll(_ error: TLSError) {
        let promises = writes.map(\.promise)
        self = PendingWrites()
        for promise in promises { promise?.fail(error) }
    }
}
