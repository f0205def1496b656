import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Takes privacy requests; ``ErasureSaga`` carries them out.
struct PrivacyRequestsService: PrivacyRequests.Service {
    let requests = PrivacyRequestStore()
    let saga: ErasureSaga

    func submit(
        _ params: PrivacyRequests.Submit.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        let brand = try brand(of: call)
        let id = transaction.newID(at: call.now)
        try requests.insert(id, params, brand: brand, at: call.now, in: transaction)
        saga.wake()
        guard let request = try requests.find(id, brand: brand, in: transaction) else {
            throw .internalError("A privacy request is gone right after it was written.")
        }
        return request
    }

    func get(
        _ params: PrivacyRequests.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequest {
        guard let request = try requests.find(params.id, brand: brand(of: call), in: transaction) else {
            throw .notFound("privacy request", params.id)
        }
        return request
    }

    func list(
        _ params: PrivacyRequests.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyRequests.List.Reply {
        var cursor: UUIDv7?
        if let text = params.cursor {
            cursor = UUIDv7(text)
            if cursor == nil { throw .invalidCursor }
        }
        let items = try requests.list(
            brand: brand(of: call), before: cursor, limit: Int64(params.limit) + 1, in: transaction)
        let page = Array(items.prefix(params.limit))
        return PrivacyRequests.List.Reply(
            items: page, nextCursor: items.count > page.count ? page.last.map { "\($0.id)" } : nil)
    }

    private func brand(of call: CallContext) throws(RPCError) -> UUIDv7 {
        guard let brand = call.brand else { throw .forbidden("A privacy request needs a brand: name it in meta.") }
        return brand
    }
}
