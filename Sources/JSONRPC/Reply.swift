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
        var writer = beginLine(",\"result\":", capacity: 384)
        write(&writer)
        if writer.count >= Session.maximumReplyBytes {
            return fail(.responseTooLarge(limit: Session.maximumReplyBytes))
        }
        finishLine(&writer)
    }

    /// Answers with an error; its private cause stays behind.
    public func fail(_ error: RPCError) {
        var writer = beginLine(",\"error\":", capacity: 256)
        error.write(to: &writer)
        finishLine(&writer)
    }

    /// Answers with what follows the id in a reply that this process trusts: `,"result":…}` or `,"error":…}`.
    public func splice(afterID rest: UnsafeRawBufferPointer) {
        var writer = JSONWriter(capacity: rest.count + 64)
        writer.verbatim("{\"jsonrpc\":\"2.0\",\"id\":")
        writer.verbatim(id.json)
        writer.verbatim(rest)
        writer.withBytes { send($0) }
    }

    private func beginLine(_ member: StaticString, capacity: Int) -> JSONWriter {
        var writer = JSONWriter(capacity: capacity)
        writer.verbatim("{\"jsonrpc\":\"2.0\",\"id\":")
        writer.verbatim(id.json)
        writer.verbatim(member)
        return writer
    }

    private func finishLine(_ writer: inout JSONWriter) {
        writer.verbatim("}")
        writer.withBytes { send($0) }
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
