import JSON
import JSONRPC
import ServiceContract

/// Asks every service that has a brand's data, on the brand's behalf.
struct BrandServices: Sendable {
    private static let deadlineMilliseconds: Int64 = 10_000

    let names: [String]
    let dial: @Sendable (String) -> any JSONRPCClient

    /// What each service answers that has the brand, in the order of names. One that is silent fails the whole: what it
    /// has would be missing.
    func each<T: Sendable>(
        for call: CallContext,
        _ ask: @Sendable (any JSONRPCClient, CallContext) async throws(RPCError) -> T
    ) async throws(RPCError) -> [(service: String, answer: T)] {
        let context = try context(of: call)
        var answers: [(service: String, answer: T)] = []
        for name in names {
            do throws(RPCError) {
                answers.append((name, try await ask(dial(name), context)))
            } catch {
                guard error.code == RPCError.Code.notFound else { throw error }
            }
        }
        return answers
    }

    /// What one service answers.
    ///
    /// - Throws: notFound for a service that there is not.
    func one<T: Sendable>(
        _ name: String, for call: CallContext,
        _ ask: @Sendable (any JSONRPCClient, CallContext) async throws(RPCError) -> T
    ) async throws(RPCError) -> T {
        guard names.contains(name) else { throw .notFound("service", name) }
        return try await ask(dial(name), context(of: call))
    }

    /// The brand and the deadline of `call`; the principal was admitted here.
    func context(of call: CallContext) throws(RPCError) -> CallContext {
        CallContext(
            brand: try brand(of: call), principal: "service:gateway",
            deadlineMilliseconds: min(call.deadlineMilliseconds ?? .max, Self.deadlineMilliseconds),
            traceparent: call.traceparent)
    }

    func brand(of call: CallContext) throws(RPCError) -> UUIDv7 {
        guard let brand = call.brand else { throw .forbidden("This belongs to a brand: name it in meta.") }
        return brand
    }
}
