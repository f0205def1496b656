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
            id: transaction.newID(at: call.now), name: params.name, createdAt: call.now, version: 1)
        try organizations.insert(organization, in: transaction)
        return organization
    }

    func get(
        _ params: Organizations.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Organization {
        guard let organization = try organizations.find(params.id, in: transaction) else {
            throw .notFound("organisation", params.id)
        }
        return organization
    }

    func update(
        _ params: Organizations.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Organization {
        guard let organization = try organizations.find(params.id, in: transaction) else {
            throw .notFound("organisation", params.id)
        }
        let name = params.name ?? organization.name
        guard try organizations.rename(params.id, to: name, expecting: params.version, in: transaction) else {
            throw .versionMismatch(
                "organisation", expected: Int64(params.version), actual: Int64(organization.version))
        }
        return Organization(
            id: organization.id, name: name, createdAt: organization.createdAt, version: organization.version + 1)
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
