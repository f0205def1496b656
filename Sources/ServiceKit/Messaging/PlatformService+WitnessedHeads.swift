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
}
