import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

/// Answers `retentionRules.*` for all services: each keeps its own rules and carries them out.
struct RetentionRulesService: RetentionRules.Service {
    private let services: BrandServices

    init(services: [String], dial: @escaping @Sendable (String) -> any JSONRPCClient) {
        self.services = BrandServices(names: services, dial: dial)
    }

    func list(
        _ params: RetentionRules.List.Params, for call: CallContext
    ) async throws(RPCError) -> RetentionRules.List.Reply {
        let answers = try await services.each(for: call) { client, context throws(RPCError) in
            try await RetentionRecords.Client(client).list(RetentionRecords.List.Params(), for: context)
        }
        return RetentionRules.List.Reply(
            items: answers.flatMap { service, reply in reply.items.map { RetentionRule($0, of: service) } })
    }

    func preview(
        _ params: RetentionRules.Preview.Params, for call: CallContext
    ) async throws(RPCError) -> RetentionRules.Preview.Reply {
        guard (params.service == nil) == (params.table == nil) else {
            throw .invalidParams(at: "/params", "needs both a service and a table, or neither")
        }
        guard params.days == nil || params.table != nil else {
            throw .invalidParams(at: "/params/days", "is for one table: name service and table")
        }
        let ask = RetentionRecords.List.Params(preview: true, table: params.table, days: params.days)
        if let service = params.service {
            let reply = try await services.one(service, for: call) { client, context throws(RPCError) in
                try await RetentionRecords.Client(client).list(ask, for: context)
            }
            return RetentionRules.Preview.Reply(items: reply.items.map { RetentionRule($0, of: service) })
        }
        let answers = try await services.each(for: call) { client, context throws(RPCError) in
            try await RetentionRecords.Client(client).list(ask, for: context)
        }
        return RetentionRules.Preview.Reply(
            items: answers.flatMap { service, reply in
                reply.items.filter { $0.days != nil }.map { RetentionRule($0, of: service) }
            })
    }

    func set(
        _ params: RetentionRules.Set.Params, for call: CallContext
    ) async throws(RPCError) -> RetentionRules.Set.Reply {
        let record = RetentionRecords.Set.Params(table: params.table, days: params.days)
        let reply = try await services.one(params.service, for: call) { client, context throws(RPCError) in
            try await RetentionRecords.Client(client).set(record, for: context)
        }
        return RetentionRule(reply, of: params.service)
    }

    func apply(
        _ params: RetentionRules.Apply.Params, for call: CallContext
    ) async throws(RPCError) -> RetentionRules.Apply.Reply {
        let answers = try await services.each(for: call) { client, context throws(RPCError) in
            try await RetentionRecords.Client(client).apply(RetentionRecords.Apply.Params(), for: context)
        }
        return RetentionRules.Apply.Reply(jobs: answers.compactMap(\.answer.job))
    }
}

extension RetentionRule {
    init(_ record: RetentionRecord, of service: String) {
        self.init(
            service: service, table: record.table, holds: record.holds, kept: record.kept,
            canExpire: record.canExpire, days: record.days, rows: record.rows, held: record.held,
            oldest: record.oldest, newest: record.newest, lastAppliedAt: record.lastAppliedAt,
            lastRows: record.lastRows)
    }
}
