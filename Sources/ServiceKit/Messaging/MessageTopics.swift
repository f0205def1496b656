public import JSON
public import JSONRPC
public import ServiceContract

/// What a service does with the messages its siblings send it, by topic.
///
/// A topic's effect runs in the transaction that raises the sender's high-water mark, so it happens exactly once.
public struct MessageTopics: Sendable {
    typealias Effect = @Sendable (JSONRaw, borrowing WriteTransaction, CallContext) throws(RPCError) -> Problem?
    /// Why a message could not be understood.
    typealias Problem = String
    private var effects: [String: Effect] = [:]

    public init() {}

    /// Registers what to do with messages of one topic.
    public mutating func on<Body: JSONReadable & SendableMetatype>(
        _ topic: String, as: Body.Type = Body.self,
        _ effect: @escaping @Sendable (Body, borrowing WriteTransaction, CallContext) throws(RPCError) -> Void
    ) {
        let whole: Effect = { (body: JSONRaw, transaction: borrowing WriteTransaction, call) throws(RPCError) in
            let message: Body
            switch Self.read(body, as: Body.self) {
            case .success(let body): message = body
            case .failure(let error): return "\(error.pointer): \(error.message)"
            }
            try effect(message, transaction, call)
            return nil
        }
        effects[topic] = whole
    }

    private static func read<Body: JSONReadable>(_ body: JSONRaw, as: Body.Type) -> Result<Body, JSONError> {
        Result { () throws(JSONError) in try Body(json: body.bytes, unknownMembers: .ignore) }
    }

    /// Applies one message.
    ///
    /// - Returns: why this release does not understand it, or nil when it is applied.
    func apply(
        _ topic: String, _ body: JSONRaw, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Problem? {
        guard let effect = effects[topic] else { return "This release does not know the topic." }
        return try effect(body, transaction, call)
    }
}
