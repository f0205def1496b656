public import JSON
import Synchronization

/// The duty to answer one request: exactly once, from any thread, now or later.
///
/// A second answer is ignored and counts as a programming error in debug builds; one that is dropped unanswered
/// answers with an internal error, so that no caller waits for ever.
public final class Reply: Sendable {
    public let id: RequestID
    private let channel: any ReplyChannel
    private let isAnswered = Atomic<Bool>(false)

    /// Most replies are made on the stack: a temporary allocation above 1 KiB would go to the heap.
    private static let bytesOnStack = 1_024

    /// How every reply begins, up to its id.
    static let head: StaticString = "{\"jsonrpc\":\"2.0\",\"id\":"

    public init(to id: RequestID, over channel: any ReplyChannel) {
        self.id = id
        self.channel = channel
    }

    deinit {
        if !isAnswered.load(ordering: .acquiring) {
            fail(.internalError("A handler for request \(id.json) ended without an answer."))
        }
    }

    /// The connection that the request came over.
    public var connection: ObjectIdentifier { channel.connection }

    /// Whether the caller is gone, so that work for it may be left out.
    public var isAbandoned: Bool { channel.isClosed }

    /// Answers with a result.
    ///
    /// - Parameter write: writes exactly one JSON value. One that grows past ``Session/maximumReplyBytes`` is
    ///   replaced by the error responseTooLarge.
    public func succeed(_ write: (inout JSONWriter) -> Void) {
        let isWithinLimit = sendLine(",\"result\":") { writer in
            write(&writer)
            return writer.count < Session.maximumReplyBytes
        }
        if !isWithinLimit { fail(.responseTooLarge(limit: Session.maximumReplyBytes)) }
    }

    /// Answers with an error; its private cause stays behind.
    public func fail(_ error: RPCError) {
        _ = sendLine(",\"error\":") { writer in
            error.write(to: &writer)
            return true
        }
    }

    /// Answers with what follows the id in a reply that this process trusts: `,"result":…}` or `,"error":…}`.
    public func splice(afterID rest: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: Self.bytesOnStack, alignment: 1) { memory in
            var writer = beginLine(in: memory)
            writer.verbatim(rest)
            writer.withBytes { send($0) }
        }
    }

    /// Sends a line with one more member behind the id, unless `write` says that its value is no good.
    private func sendLine(_ member: StaticString, _ write: (inout JSONWriter) -> Bool) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.bytesOnStack, alignment: 1) { memory in
            var writer = beginLine(in: memory)
            writer.verbatim(member)
            guard write(&writer) else { return false }
            writer.verbatim("}")
            writer.withBytes { send($0) }
            return true
        }
    }

    private func beginLine(in memory: UnsafeMutableRawBufferPointer) -> JSONWriter {
        var writer = JSONWriter(using: memory)
        writer.verbatim(Self.head)
        writer.verbatim(id.json)
        return writer
    }

    private func send(_ message: UnsafeRawBufferPointer) {
        let (isFirst, _) = isAnswered.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing)
        assert(isFirst, "Request \(id.json) was answered twice.")
        if isFirst { channel.send(message, answering: 1) }
    }
}

/// Where replies go: a connection, or a batch that waits for its last one.
public protocol ReplyChannel: AnyObject, Sendable {
    /// Takes one message without its line end. Callable from any thread; copies what it keeps.
    ///
    /// - Parameter count: how many requests the message answers.
    func send(_ message: UnsafeRawBufferPointer, answering count: Int)
    /// Whether nobody will read what is sent.
    var isClosed: Bool { get }
    /// Tells connections apart; a batch has its connection's.
    var connection: ObjectIdentifier { get }
}
