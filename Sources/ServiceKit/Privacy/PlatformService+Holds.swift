import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

extension PlatformService {
    func place(
        _ params: HoldRecords.Place.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> HoldRecords.Place.Reply {
        var subjects: [Subject]?
        if !params.identifiers.isEmpty || !params.actors.isEmpty {
            let canonical = params.identifiers.compactMap { try? $0.canonical() }
            subjects =
                try brandErasure.directory?.find(
                    params.identifiers + canonical, actors: params.actors, in: transaction) ?? []
        }
        try LegalHoldStore().place(
            params.id, on: subjects, reason: params.reason, by: params.placedBy, at: call.now, in: transaction)
        return HoldRecords.Place.Reply(actors: subjects?.map(\.id) ?? [])
    }

    func release(
        _ params: HoldRecords.Release.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> HoldRecords.Release.Reply {
        HoldRecords.Release.Reply(released: try LegalHoldStore().release(params.id, in: transaction))
    }

    func list(
        _ params: HoldRecords.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> HoldRecords.List.Reply {
        HoldRecords.List.Reply(items: try LegalHoldStore().all(in: transaction))
    }

    /// - Throws: busy, so that it is tried again, while anything of the brand is held.
    func refuseHeld(_ brand: UUIDv7) async throws(RPCError) {
        guard let file = runtime.databases.file(of: brand) else { return }
        let holds: [HoldRecord]
        do {
            holds = try await runtime.read(file) { transaction throws(RPCError) in
                try LegalHoldStore().all(in: transaction)
            }
        } catch {
            if error.isRetryable { throw error }
            // A damaged file, of which nobody can say any more what it keeps.
            return
        }
        guard let hold = holds.first else { return }
        throw RPCError(
            code: RPCError.Code.busy,
            message: "The legal hold \(hold.id) keeps data of this brand; release it, and the erasure goes on.")
    }
}
