import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Shows how far the telling of changes is, and tells again what was given up.
struct PrivacyCallbacksService: PrivacyCallbacks.Service {
    private let callbacks = CallbackStore()
    private let requests = PrivacyRequestStore()

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

    func resend(
        _ params: PrivacyCallbacks.Resend.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyCallbacks.Resend.Reply {
        guard let brand = call.brand else { throw .forbidden("This call needs a brand: name it in meta.") }
        guard try requests.find(params.requestId, of: brand, in: transaction) != nil else {
            throw .notFound("privacy request", params.requestId)
        }
        var meant = try callbacks.givenUp(of: params.requestId, in: transaction)
        if let number = params.number { meant.removeAll { $0.number != number } }
        guard let last = meant.last else {
            throw .illegalTransition(
                params.number == nil
                    ? "No callback of this request was given up: there is nothing to tell again."
                    : "No callback of this request with this number was given up: only such a one can be sent again.")
        }
        let known = meant.filter(\.hasURL).map(\.number)
        guard !known.isEmpty else {
            throw .illegalTransition(
                "This was given up at \(last.endedAt), and its URL forgotten 30 days later: it cannot be told any more."
            )
        }
        for number in known { try callbacks.resend(number, in: transaction) }
        let items = try callbacks.list(
            brand: brand, request: params.requestId, state: .waiting, before: nil, limit: .max, in: transaction)
        return PrivacyCallbacks.Resend.Reply(
            items: items.filter { known.contains(Int64($0.number)) }.sorted { $0.number < $1.number })
    }
}
