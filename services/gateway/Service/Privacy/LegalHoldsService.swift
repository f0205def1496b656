import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit

/// Answers `legalHolds.*` for all services: each keeps its own holds, and obeys them in the transaction of a deletion.
struct LegalHoldsService: LegalHolds.Service {
    private let services: BrandServices
    private let identifiers: any IdentifierSource
    private let saga: HoldSaga

    init(
        services: [String], identifiers: any IdentifierSource, saga: HoldSaga,
        dial: @escaping @Sendable (String) -> any JSONRPCClient
    ) {
        self.services = BrandServices(names: services, dial: dial)
        self.identifiers = identifiers
        self.saga = saga
    }

    func place(
        _ params: LegalHolds.Place.Params, for call: CallContext
    ) async throws(RPCError) -> LegalHolds.Place.Reply {
        let id = identifiers.next(at: call.now)
        let brand = try services.brand(of: call)
        let people = try await saga.carryOut(
            HoldOrder(
                hold: id, brand: brand, act: .place, reason: params.reason, placedBy: call.principal,
                identifiers: params.identifier.map { [$0] } ?? []))
        if let identifier = params.identifier, people.isEmpty {
            throw .notFound("actor", "with this \(identifier.type)")
        }
        return try await find(id, for: call)
    }

    func release(
        _ params: LegalHolds.Release.Params, for call: CallContext
    ) async throws(RPCError) -> LegalHolds.Release.Reply {
        let hold = try await find(params.id, for: call)
        _ = try await saga.carryOut(HoldOrder(hold: params.id, brand: services.brand(of: call), act: .release))
        return hold
    }

    func list(
        _ params: LegalHolds.List.Params, for call: CallContext
    ) async throws(RPCError) -> LegalHolds.List.Reply {
        LegalHolds.List.Reply(items: try await all(for: call))
    }

    private func find(_ id: UUIDv7, for call: CallContext) async throws(RPCError) -> LegalHold {
        guard let hold = try await all(for: call).first(where: { $0.id == id }) else {
            throw .notFound("legal hold", id)
        }
        return hold
    }

    /// Oldest first; of one hold what the services know together.
    private func all(for call: CallContext) async throws(RPCError) -> [LegalHold] {
        let records = try await services.each(for: call) { client, context throws(RPCError) in
            try await HoldRecords.Client(client).list(HoldRecords.List.Params(), for: context).items
        }
        var holds: [UUIDv7: LegalHold] = [:]
        for (service, records) in records {
            for record in records {
                let known = holds[record.id]
                holds[record.id] = LegalHold(
                    id: record.id, reason: record.reason, placedBy: record.placedBy, placedAt: record.placedAt,
                    actorIds: Array(Set((known?.actorIds ?? []) + record.actors)).sorted(),
                    services: (known?.services ?? []) + [service])
            }
        }
        return holds.values.sorted { $0.id < $1.id }
    }
}
