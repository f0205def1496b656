import GatewayAPI
import JSONRPC
import ServiceContract
import ServiceKit

/// Shows how far the telling of changes is.
struct PrivacyCallbacksService: PrivacyCallbacks.Service {
    private let callbacks = CallbackStore()

    func list(
        _ params: PrivacyCallbacks.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyCallbacks.List.Reply {
        guard let brand = call.brand else { throw .forbidden("This call needs a brand: name it in meta.") }
        var number: Int64?
        if let text = params.cursor {
            number = Int64(text)
            if number == nil { throw .invalidCursor }
        }
        let found = try callbacks.list(
            brand: brand, request: params.requestId, state: params.state, before: number,
            limit: Int64(params.limit) + 1, in: transaction)
        let page = Array(found.prefix(params.limit))
        return PrivacyCallbacks.List.Reply(
            items: page, nextCursor: found.count > page.count ? page.last.map { "\($0.number)" } : nil)
    }
}
