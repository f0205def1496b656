import JSONRPC
import NIOCore
import Synchronization

/// The replies of one connection on their way to its event loop: many threads append, one write takes them all.
final class ReplyBuffer: ReplyChannel {
    private struct State {
        var bytes = ByteBuffer()
        /// Whether the loop already knows that there is something to take.
        var isScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let unanswered = Atomic<Int>(0)
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called from any thread when there is something to take; the loop then calls ``take()``.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    var isClosed: Bool { state.withLock(\.isClosed) }
    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    /// Requests that wait for their reply.
    var requestsInFlight: Int { unanswered.load(ordering: .relaxed) }

    func began(_ requests: Int) {
        unanswered.add(requests, ordering: .relaxed)
    }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let mustWake = state.withLock { state in
            guard !state.isClosed else { return false }
            state.bytes.reserveCapacity(minimumWritableBytes: message.count + 1)
            state.bytes.writeBytes(message)
            state.bytes.writeInteger(UInt8(ascii: "\n"))
            // Only now: whoever sees no request in flight must find every reply here.
            unanswered.subtract(count, ordering: .relaxed)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustWake { wake() }
    }

    /// Takes what was appended since the last time; nil when that is nothing.
    func take() -> ByteBuffer? {
        state.withLock { state in
            state.isScheduled = false
            guard state.bytes.readableBytes > 0 else { return nil }
            defer { state.bytes = ByteBuffer() }
            return state.bytes
        }
    }

    /// From now on, whatever is sent is dropped.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.bytes = ByteBuffer()
        }
    }
}
