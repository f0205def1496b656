public import JSON

/// Calls methods of a peer. Generated clients are built on this.
public protocol JSONRPCClient: Sendable {
    /// Sends one request and waits for its reply.
    ///
    /// - Parameters:
    ///   - params: one JSON object.
    ///   - context: on whose behalf, between services; nil at the public edge.
    /// - Returns: the JSON text of the result.
    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8]
}

extension JSONRPCClient {
    /// Calls with typed parameters and a typed reply. Members of the reply that this release does not know are ignored.
    public func call<Params: JSONWritable, Result: JSONReadable>(
        _ method: String, _ params: Params, context: CallContext?, returning: Result.Type = Result.self
    ) async throws(RPCError) -> Result {
        let bytes = try await call(method, params: params.json(), context: context)
        do {
            return try Result(json: bytes, unknownMembers: .ignore)
        } catch {
            throw .internalError(
                "\(method) answered what its contract does not allow: \(error.pointer) \(error.message)")
        }
    }
}
