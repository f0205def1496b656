import GatewayAPI
import JSON
import JSONRPC
import NIOCore
import ServiceContract
import Synchronization
import TenancyAPI

/// Tells where a key stands with its limits and quotas.
final class LimitsService: GatewayAPI.Limits.Service {
    private static let deadlineMilliseconds: Int64 = 5_000

    private let tenancy: any JSONRPCClient
    /// Made after this: the gate has the methods that are answered here.
    private let gate = Mutex<NIOLoopBound<Gate>?>(nil)
    private let eventLoop: any EventLoop

    init(tenancy: any JSONRPCClient, on eventLoop: any EventLoop) {
        self.tenancy = tenancy
        self.eventLoop = eventLoop
    }

    func attach(to gate: NIOLoopBound<Gate>) {
        self.gate.withLock { $0 = gate }
    }

    func get(
        _ params: GatewayAPI.Limits.Get.Params, for call: CallContext
    ) async throws(RPCError) -> LimitStandings {
        let key = try await key(params.keyId, for: call)
        guard let gate = gate.withLock(\.self),
            let standings = try? await eventLoop.submit({ gate.value.standings(of: key) }).get()
        else { throw .busy("The gateway") }
        return standings
    }

    /// The key that is asked for; nil for what all callers share.
    private func key(_ id: UUIDv7?, for call: CallContext) async throws(RPCError) -> Key? {
        guard let id = id ?? call.keyID else {
            if call.principal == "admin" { return nil }
            throw .invalidParams(at: "/params/keyId", "must name a key: you are signed in without one")
        }
        let ask = CallContext(
            principal: "service:gateway",
            deadlineMilliseconds: min(call.deadlineMilliseconds ?? .max, Self.deadlineMilliseconds),
            traceparent: call.traceparent)
        let key = try await Keys.Client(tenancy).get(Keys.Get.Params(id: id), for: ask)
        guard call.brand == nil || call.brand == key.brandId else { throw .notFound("key", id) }
        return key
    }
}

extension CallContext {
    /// The key that calls; nil for anybody else.
    fileprivate var keyID: UUIDv7? {
        principal.hasPrefix("key:") ? UUIDv7(String(principal.dropFirst("key:".count))) : nil
    }
}
