import JSON
import JSONRPC
import NIOCore
import Synchronization

/// The replies of one connection on their way to its event loop: many threads append, one write takes them all.
final class ReplyBuffer: ReplyChannel {
    private struct State: ~Copyable {
        var lines = JSONWriter()
        /// Whether the loop already knows that there is, or may be, something to take.
        var isExpected = false
        var isClosed = false
    }

    /// A connection keeps the memory for replies that took no more than this; what larger ones took is given back.
    private static let keptBytes = 16 << 10

    private let state = Mutex(State())
    /// Changed only under the lock, read without it.
    private let answered = Atomic<Int>(0)
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called from any thread when there is something to take; the loop then calls ``take()``.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    /// Requests that were answered so far.
    var requestsAnswered: Int { answered.load(ordering: .relaxed) }

    /// Whether more lies here than one write should take.
    var hasMany: Bool { state.withLock { $0.lines.count >= Self.many } }
    private static let many = 256 << 10

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let mustWake = state.withLock { state in
            guard !state.isClosed else { return false }
            state.lines.verbatim(message)
            state.lines.newline()
            // Only now: whoever sees a request answered must find its reply here.
            answered.store(answered.load(ordering: .relaxed) + count, ordering: .relaxed)
            defer { state.isExpected = true }
            return !state.isExpected
        }
        if mustWake { wake() }
    }

    /// Until it calls ``take()``, which it is about to do, the loop need not be woken.
    func expectTake() {
        state.withLock { $0.isExpected = true }
    }

    /// Takes what was appended since the last time; nil when that is nothing.
    func take() -> ByteBuffer? {
        state.withLock { state in
            state.isExpected = false
            guard state.lines.count > 0 else { return nil }
            defer { state.lines.removeAll(keepingCapacity: state.lines.count <= Self.keptBytes) }
            return state.lines.withBytes { ByteBuffer(bytes: $0) }
        }
    }

    /// From now on, whatever is sent is dropped.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.lines.removeAll(keepingCapacity: false)
        }
    }
}
