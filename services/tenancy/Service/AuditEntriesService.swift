import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

/// What was done by whom, in all services.
struct AuditEntriesService: AuditEntries.Service {
    private let entries = AuditStore()
    private let brands = BrandStore()
    private let keys = KeyStore()

    /// Appends what a service recorded of a call.
    func record(_ message: AuditEntryMessage, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try entries.insert(message, brand: try brand(of: message, in: transaction), in: transaction)
    }

    func list(
        _ params: AuditEntries.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> AuditEntries.List.Reply {
        let cursor = try Cursor.number(params.cursor)
        let rows =
            if let brand = params.brandId {
                try entries.list(of: brand, before: cursor, count: params.limit + 1, in: transaction)
            } else {
                try entries.list(before: cursor, count: params.limit + 1, in: transaction)
            }
        let page = Page(rows, limit: params.limit) { "\($0.sequence)" }
        return AuditEntries.List.Reply(items: page.items.map(\.entry), nextCursor: page.nextCursor)
    }

    /// The brand that a call was made for; of an administrator's call, who is in no brand, the one that its ids name.
    private func brand(
        of message: AuditEntryMessage, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> UUIDv7? {
        if let brand = message.brand { return brand }
        for id in message.ids {
            if let brand = try brands.find(id, in: transaction) { return brand.id }
            if let key = try keys.find(id, in: transaction) { return key.brandId }
        }
        return nil
    }
}
