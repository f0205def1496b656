import JSON
import JSONRPC
import JSONRPCUnixSocket

/// Calls methods as a client of the HTTP door does: what a page or a protocol does for its reader is allowed and charged
/// as if they had called themselves.
struct DoorClient: JSONRPCClient {
    private let door: HTTPDoor
    private let meta: RequestMeta
    private let address: String?

    /// - Parameters:
    ///   - key: of a session; nil for calls that need none.
    ///   - address: of the reader.
    init(_ door: HTTPDoor, key: String? = nil, from address: String?) {
        self.door = door
        self.address = address
        var meta = RequestMeta()
        meta.key = key
        self.meta = meta
    }

    /// - Parameter meta: what the reader said in headers.
    init(_ door: HTTPDoor, _ meta: RequestMeta, from address: String?) {
        self.door = door
        self.meta = meta
        self.address = address
    }

    private static let prefix = #"{"jsonrpc":"2.0","id":1"#

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        var line = JSONWriter(capacity: params.count + 128)
        line.verbatim("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":")
        line.string(method)
        line.key("params")
        params.withUnsafeBytes { line.rawBytes($0) }
        line.verbatim("}")
        guard let (answer, _) = await door.exchange(line.bytes(), meta, from: address),
            answer.starts(with: Self.prefix.utf8)
        else { throw .internalError("The gate left a call of its own page unanswered.") }
        let outcome = answer.withUnsafeBytes { bytes in
            ReplyLine.outcome(afterID: UnsafeRawBufferPointer(rebasing: bytes[Self.prefix.utf8.count...]))
        }
        return try outcome.get()
    }
}
