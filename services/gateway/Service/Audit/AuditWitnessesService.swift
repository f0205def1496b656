import CommonAPI
import GatewayAPI
import JSONRPC
import PlatformAPI
import ServiceContract
import TenancyAPI

/// Collects what the services witnessed of the audit log.
struct AuditWitnessesService: AuditWitnesses.Service {
    private static let deadlineMilliseconds: Int64 = 5_000
    private static let log = "tenancy"

    /// Those that are told of heads, in the order in which they are listed.
    let services: [String]
    let dial: @Sendable (String) -> any JSONRPCClient

    func list(
        _ params: AuditWitnesses.List.Params, for call: CallContext
    ) async throws(RPCError) -> AuditWitnesses.List.Reply {
        var (service, number) = try position(params.cursor)
        let context = CallContext(
            principal: "service:gateway",
            deadlineMilliseconds: min(call.deadlineMilliseconds ?? .max, Self.deadlineMilliseconds),
            traceparent: call.traceparent)
        // One more than asked for: that is how a further page is known.
        var heads: [WitnessedHead] = []
        while service < services.count, heads.count <= params.limit {
            let ask = WitnessedHeads.List.Params(limit: params.limit + 1 - heads.count, after: number)
            // A witness that is silent fails the whole: what it has to say would be missing.
            let told = try await WitnessedHeads.Client(dial(services[service])).list(ask, for: context).items
            heads += told
            (service, number) = (service + 1, 0)
        }
        let page = Array(heads.prefix(params.limit))
        let cursor = heads.count > page.count ? page.last.map { "\($0.witness):\($0.number)" } : nil
        return AuditWitnesses.List.Reply(items: page, nextCursor: cursor)
    }

    /// Tells the log first: its entry is there when the witnesses are asked, and all before it has reached them. Whatever
    /// comes in between, the next call does the rest.
    func adoptKey(
        _ params: AuditWitnesses.AdoptKey.Params, for call: CallContext
    ) async throws(RPCError) -> AuditWitnesses.AdoptKey.Reply {
        let deadline = min(call.deadlineMilliseconds ?? .max, Self.deadlineMilliseconds)
        let head = try await AuditLog.Client(dial(Self.log)).adoptKey(
            AuditLog.AdoptKey.Params(),
            for: CallContext(
                principal: call.principal, deadlineMilliseconds: deadline, traceparent: call.traceparent))
        let context = CallContext(
            principal: "service:gateway", deadlineMilliseconds: deadline, traceparent: call.traceparent)
        let order = WitnessedHeads.Adopt.Params(head: head, reason: params.reason)
        var items: [WitnessedHead] = []
        for service in services {
            items.append(try await WitnessedHeads.Client(dial(service)).adopt(order, for: context))
        }
        return AuditWitnesses.AdoptKey.Reply(items: items)
    }

    /// Where a list goes on: at which service, behind which of its heads.
    private func position(_ cursor: String?) throws(RPCError) -> (service: Int, number: Int) {
        guard let cursor else { return (0, 0) }
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let service = services.firstIndex(of: String(parts[0])), let number = Int(parts[1]),
            number >= 1, String(number) == parts[1]
        else { throw .invalidCursor }
        return (service, number)
    }
}
