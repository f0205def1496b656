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
    /// - Returns: a promise to fulfil when they are written, which fulfils those of all writes taken to their end; and
    ///   what `encrypt` threw, if it did.
    mutating func takeFlushed(
        limit: Int, _ encrypt: (_ bytes: inout ByteBuffer, _ count: Int) throws(TLSError) -> Void
    ) -> (promise: EventLoopPromise<Void>?, error: TLSError?) {
        var room = limit
        var promise: EventLoopPromise<Void>?
        while writes.hasMark {
            let first = writes.startIndex
            let count = min(writes[first].bytes.readableBytes, room)
            do {
                try encrypt(&writes[first].bytes, count)
            } catch {
                return (promise, error)
            }
            byteCount -= count
            room -= count
            if writes[first].bytes.readableBytes > 0 { break }
            promise.setOrCascade(to: writes.removeFirst().promise)
        }
        return (promise, nil)
    }

    // Failing a promise runs its owner's code, which may write again: so it is left to the caller, who then does not
    // hold this value any more.

    /// Forgets what was not flushed.
    mutating func dropUnflushed() -> [EventLoopPromise<Void>] {
        var flushed = PendingWrites()
        while writes.hasMark {
            let (bytes, promise) = writes.removeFirst()
            flushed.append(bytes, promise)
        }
        flushed.flush()
        defer { self = flushed }
        return writes.compactMap(\.promise)
    }

    /// Forgets everything.
    mutating func dropAll() -> [EventLoopPromise<Void>] {
        defer { self = PendingWrites() }
        return writes.compactMap(\.promise)
    }
}
