import CommonAPI
import JSONRPC
import PlatformAPI
import ServiceContract

extension PlatformService {
    func list(
        _ params: WitnessedHeads.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> WitnessedHeads.List.Reply {
        WitnessedHeads.List.Reply(
            items: try HeadWitness.list(
                after: params.after, limit: params.limit, as: runtime.name, in: transaction))
    }

    func adopt(
        _ params: WitnessedHeads.Adopt.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> WitnessedHead {
        let number = try HeadWitness.adopt(params.head, because: params.reason, at: call.now, in: transaction)
        let kept = try HeadWitness.list(after: number - 1, limit: 1, as: runtime.name, in: transaction).first
        guard let kept else { throw .internalError("A head is not there after it was taken.") }
        return kept
    }
}
