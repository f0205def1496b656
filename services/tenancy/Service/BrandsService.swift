import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

/// Tenants: each has a database in every service that keeps any.
struct BrandsService: Brands.Service {
    /// A service that keeps a database for each brand.
    struct Sibling: Sendable {
        let name: String
        let client: any JSONRPCClient
    }

    let runtime: ServiceRuntime
    let siblings: [Sibling]
    /// Services without databases of brands that know something of one all the same: they forget it with the brand.
    var others: [Sibling] = []
    let brands = BrandStore()
    let files = BrandFileStore()
    let organizations = OrganizationStore()
    let keys = KeyStore()
    let jobs = JobStore()
    let zones = ZoneFiles()

    func get(
        _ params: Brands.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Brand {
        guard let brand = try brands.find(params.id, in: transaction) else { throw .notFound("brand", params.id) }
        return brand
    }

    func list(
        _ params: Brands.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Brands.List.Reply {
        let rows = try brands.list(after: Cursor.id(params.cursor), count: params.limit + 1, in: transaction)
        let page = Page(rows, limit: params.limit) { "\($0.id)" }
        return Brands.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }

    /// A zone that nobody knows would move the deadlines that a law sets.
    func check(timeZone: String?) throws(RPCError) {
        guard let timeZone, !zones.contains(timeZone) else { return }
        throw .invalidParams(
            at: "/params/timeZone",
            "must be a time zone that this machine's tzdata knows, such as Europe/Berlin; \(timeZone) is none")
    }
}
