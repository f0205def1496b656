public import JSON
public import JSONRPC
public import NIOCore
import Synchronization

/// Calls a JSON-RPC 2.0 server on a Unix domain socket over one connection, which it opens when first needed and
/// opens again when it is lost.
///
/// While there is no connection, calls wait for up to ``reconnectGraceMilliseconds``, so that a service that restarts
/// goes unnoticed. Calls under way when a connection is lost fail with dependencyUnavailable: they may or may not
/// have taken effect. At most ``maximumPendingCalls`` wait at a time; further ones fail with busy.
public final class UnixSocketClient: JSONRPCClient {
    /// Calls that may wait for their reply.
    public static let maximumPendingCalls = 4_096
    /// How long a call waits for a connection.
    public static let reconnectGraceMilliseconds: Int64 = 3_000

    private let loop: any EventLoop
    private let connection: NIOLoopBoundBox<ClientConnection>
    private let meta: JSONRaw?
    private let deadlineMilliseconds: Int64

    /// - Parameters:
    ///   - path: the socket's file.
    ///   - name: the service, for errors.
    ///   - meta: sent as `meta` with every request: what the public edge needs to know who calls.
    ///   - deadlineMilliseconds: how long calls wait whose context does not say.
    public init(
        path: String, name: String, on loop: any EventLoop, meta: JSONRaw? = nil,
        deadlineMilliseconds: Int64 = CallContext.defaultDeadlineMilliseconds
    ) {
        self.loop = loop
        self.meta = meta
        self.deadlineMilliseconds = deadlineMilliseconds
        connection = NIOLoopBoundBox.makeBoxSendingValue(
            ClientConnection(path: path, name: name, loop: loop), eventLoop: loop)
    }

    public func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        let line = message(method, params: params, context: context)
        let milliseconds = context?.deadlineMilliseconds ?? deadlineMilliseconds
        let deadline = NIODeadline.now() + .milliseconds(milliseconds)
        let receiver = AsyncReceiver()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                receiver.wait(continuation)
                loop.execute { [connection] in
                    line.withUnsafeBytes { connection.value.send($0, deadline: deadline, to: receiver) }
                }
            }
        } onCancel: {
            receiver.failed(.cancelled)
            loop.execute { [connection] in connection.value.cancel(receiver) }
        }
        return try result.get()
    }

    /// Sends a request whose bytes are ready. Call on this client's event loop.
    ///
    /// - Parameters:
    ///   - afterID: `,"method":…}`, what follows the id; copied.
    ///   - deadline: when to give up.
    ///   - receiver: gets the reply, on this loop.
    public func forward(afterID: UnsafeRawBufferPointer, deadline: NIODeadline, to receiver: any ReplyReceiver) {
        connection.value.send(afterID, deadline: deadline, to: receiver)
    }

    /// Withdraws a forwarded request: the server is told, its reply is dropped. Call on this client's event loop.
    public func cancel(_ receiver: any ReplyReceiver) {
        connection.value.cancel(receiver)
    }

    /// Closes the connection for good; waiting calls fail.
    public func close() async {
        try? await loop.submit { [connection] in connection.value.close() }.get()
    }

    private func message(_ method: String, params: [UInt8], context: CallContext?) -> [UInt8] {
        var writer = JSONWriter(capacity: params.count + 256)
        writer.verbatim(",\"method\":")
        writer.string(method)
        if let context {
            writer.key("context")
            context.write(to: &writer)
        }
        if let meta {
            writer.key("meta")
            writer.raw(meta)
        }
        writer.key("params")
        params.withUnsafeBytes { writer.rawBytes($0) }
        writer.verbatim("}")
        return writer.bytes()
    }
}

/// Hands one reply to the task that waits for it; whichever comes first, reply, failure or cancellation, wins.
private final class AsyncReceiver: ReplyReceiver {
    typealias Outcome = Result<[UInt8], RPCError>
    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case done(Outcome)
        case resumed
    }
    private let state = Mutex(State.new)

    func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
        let outcome = state.withLock { state -> Outcome? in
            if case .done(let outcome) = state {
                state = .resumed
                return outcome
            }
            state = .waiting(continuation)
            return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
    }

    func received(_ rest: UnsafeRawBufferPointer) {
        finish(ReplyLine.outcome(afterID: rest))
    }

    func failed(_ error: RPCError) {
        finish(.failure(error))
    }

    private func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state {
            case .new:
                state = .done(outcome)
                return nil
            case .waiting(let continuation):
                state = .resumed
                return continuation
            case .done, .resumed:
                return nil
            }
        }
        continuation?.resume(returning: outcome)
    }
}
