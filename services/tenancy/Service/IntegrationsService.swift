import JSON
import JSONRPC
import ServiceContract
import TenancyAPI

/// Connections of brands to systems of others.
struct IntegrationsService: Integrations.Service {
    /// Integrations of one brand.
    static let maximumIntegrations = 100

    let seal: CredentialSeal
    private let brands = BrandStore()
    private let integrations = IntegrationStore()

    init(seal: CredentialSeal) {
        self.seal = seal
    }

    func create(
        _ params: Integrations.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Integration {
        let brand = try brands.brand(of: call, in: transaction).id
        guard try !integrations.isTaken(name: params.name, in: brand, transaction) else {
            throw .conflict("This brand has an integration of this name already; delete it, or choose another name.")
        }
        guard try integrations.count(of: brand, in: transaction) < Self.maximumIntegrations else {
            throw .conflict("This brand has \(Self.maximumIntegrations) integrations; delete one first.")
        }
        let integration = Integration(
            id: transaction.newID(at: call.now), kind: params.kind, name: params.name, createdAt: call.now)
        let sealed = try seal.seal(params.credentials, of: integration.id, brand: brand)
        try integrations.insert(integration, of: brand, sealed: sealed, in: transaction)
        return integration
    }

    func list(
        _ params: Integrations.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Integrations.List.Reply {
        let brand = try brands.brand(of: call, in: transaction).id
        let rows = try integrations.list(
            of: brand, after: Cursor.id(params.cursor), count: params.limit + 1, in: transaction)
        let page = Page(rows, limit: params.limit) { "\($0.id)" }
        return Integrations.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }

    func delete(
        _ params: Integrations.Delete.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Integrations.Delete.Reply {
        let brand = try brands.brand(of: call, in: transaction).id
        guard try integrations.delete(params.id, of: brand, in: transaction) else {
            throw .notFound("integration", params.id)
        }
        return Integrations.Delete.Reply(deletedAt: call.now)
    }

    /// For services only: the contract lets no client call it.
    func open(
        _ params: Integrations.Open.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Integrations.Open.Reply {
        let brand = try brands.brand(of: call, in: transaction).id
        guard let (kind, sealed) = try integrations.sealed(params.id, of: brand, in: transaction) else {
            throw .notFound("integration", params.id)
        }
        return Integrations.Open.Reply(kind: kind, credentials: try seal.open(sealed, of: params.id, brand: brand))
    }
}
