import JSON
public import JSONRPC
import Synchronization

/// Calls a handler in the same process, through the same bytes and the same session as over a socket: for tests.
public final class InProcessClient: JSONRPCClient {
    private let handler: any RequestHandler

    public init(_ handler: any RequestHandler) {
        self.handler = handler
    }

    public func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        var writer = JSONWriter(capacity: params.count + 256)
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.int(1)
        writer.key("method")
        writer.string(method)
        if let context {
            writer.key("context")
            context.write(to: &writer)
        }
        writer.key("params")
        params.withUnsafeBytes { writer.rawBytes($0) }
        writer.endObject()
        let reply = await send(line: writer.bytes())
        guard let value = try? JSONValue(parsing: reply ?? []) else {
            throw .internalError("\(method) was not answered.")
        }
        if let error = value["error"] {
            throw (try? RPCError(json: JSONRaw(error).bytes, unknownMembers: .ignore))
                ?? .internalError("unreadable error")
        }
        return JSONRaw(value["result"] ?? .null).bytes
    }

    /// Sends one line as it is.
    ///
    /// - Returns: the line that answers it; nil when there is none.
    public func send(line: [UInt8]) async -> [UInt8]? {
        let channel = MemoryChannel()
        let session = Session(handler: handler, channel: channel)
        let answers = line.withUnsafeBytes { session.receive($0) }
        return answers == 0 ? nil : await channel.message()
    }
}

/// Holds the one message that answers a line.
private final class MemoryChannel: ReplyChannel {
    private enum State {
        case empty
        case waiting(CheckedContinuation<[UInt8], Never>)
        case full([UInt8])
    }

    private let state = Mutex(State.empty)

    var isClosed: Bool { false }
    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let bytes = Array(message)
        let continuation = state.withLock { state -> CheckedContinuation<[UInt8], Never>? in
            guard case .waiting(let continuation) = state else {
                state = .full(bytes)
                return nil
            }
            return continuation
        }
        continuation?.resume(returning: bytes)
    }

    func message() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let bytes = state.withLock { state -> [UInt8]? in
                if case .full(let bytes) = state { return bytes }
                state = .waiting(continuation)
                return nil
            }
            if let bytes { continuation.resume(returning: bytes) }
        }
    }
}
