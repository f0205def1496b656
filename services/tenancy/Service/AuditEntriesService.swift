import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

/// What was done by whom, in all services.
struct AuditEntriesService: AuditEntries.Service {
    private let log: VerifiableLog
    private let entries = AuditStore()
    private let brands = BrandStore()
    private let keys = KeyStore()

    init(log: VerifiableLog) {
        self.log = log
    }

    /// Appends what a service recorded of a call.
    func record(
        _ message: AuditEntryMessage, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try log.append(message, brand: try brand(of: message, in: transaction), at: time, in: transaction)
    }

    func list(
        _ params: AuditEntries.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> AuditEntries.List.Reply {
        let brand = try call.brand(listed: params.brandId)
        let cursor = try Cursor.number(params.cursor)
        let count = params.limit + 1
        switch params.sort {
        case .newest:
            let rows =
                if let brand {
                    try entries.list(of: brand, before: cursor, count: count, in: transaction)
                } else {
                    try entries.list(before: cursor, count: count, in: transaction)
                }
            let page = Page(rows, limit: params.limit) { "\($0.leafIndex)" }
            return AuditEntries.List.Reply(items: page.items, nextCursor: page.nextCursor)
        case .oldest:
            let rows =
                if let brand {
                    try entries.list(of: brand, from: cursor, count: count, in: transaction)
                } else {
                    try entries.list(from: cursor, count: count, in: transaction)
                }
            let page = Page(rows, limit: params.limit) { "\($0.leafIndex + 1)" }
            return AuditEntries.List.Reply(items: page.items, nextCursor: page.nextCursor)
        }
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

extension CallContext {
    /// The brand of which something is listed, nil for all: a key sees what is of its own brand, an administrator any.
    func brand(listed asked: UUIDv7?) throws(RPCError) -> UUIDv7? {
        if principal == "admin" { return asked }
        guard let brand else { throw .forbidden("This call needs a brand; use a key of one.") }
        if let asked, asked != brand { throw .notFound("brand", asked) }
        return brand
    }
}
