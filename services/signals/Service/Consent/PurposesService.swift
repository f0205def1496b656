import JSONRPC
import ServiceContract
import SignalsAPI

/// Answers `purposes.*`.
struct PurposesService: Purposes.Service {
    /// Purposes that rest on a basis of their own.
    private static let maximum = 200

    /// Purposes in one list.
    private static let listed = 1_000

    private let purposes = PurposeStore()

    func set(
        _ params: Purposes.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Purposes.Set.Reply {
        try purposes.set(params.name, params.legalBasis, in: transaction)
        guard try purposes.count(in: transaction) <= Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) such purposes; set one of them to null first.")
        }
        return PurposeBasis(name: params.name, legalBasis: try purposes.basis(of: params.name, in: transaction))
    }

    func list(
        _ params: Purposes.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Purposes.List.Reply {
        Purposes.List.Reply(items: try purposes.all(at: call.now, limit: Self.listed, in: transaction))
    }
}
