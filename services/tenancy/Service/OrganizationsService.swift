import JSON
import JSONRPC
import ServiceContract
import TenancyAPI

/// Who owns brands.
struct OrganizationsService: Organizations.Service {
    private let organizations = OrganizationStore()

    func create(
        _ params: Organizations.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Organization {
        let organization = Organization(
            id: transaction.newID(at: call.now), name: params.name, createdAt: call.now)
        try organizations.insert(organization, in: transaction)
        return organization
    }

    func list(
        _ params: Organizations.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Organizations.List.Reply {
        let rows = try organizations.list(
            after: Cursor.id(params.cursor), count: params.limit + 1, in: transaction)
        let page = Page(rows, limit: params.limit) { "\($0.id)" }
        return Organizations.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }
}
