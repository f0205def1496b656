import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

extension BrandsService {
    /// How long a sibling may take to make a database.
    static let fileDeadlineMilliseconds: Int64 = 10_000

    /// Creates a brand in three steps, each of which may be the last before a crash: its row, its databases, its
    /// activation. The same call sent again goes on where the earlier one ended.
    func provision(_ params: Brands.Provision.Params, for call: CallContext) async throws(RPCError) -> Brand {
        try check(timeZone: params.timeZone)
        let file = runtime.databases.serviceFile
        let begun = try await runtime.write(file) { transaction throws(RPCError) in
            try begin(params, at: call.now, in: transaction)
        }
        for sibling in siblings { try await createFile(of: begun, at: sibling, for: call) }
        return try await runtime.write(file) { transaction throws(RPCError) in
            for sibling in siblings { try files.record(sibling.name, of: begun, in: transaction) }
            try brands.activate(begun, in: transaction)
            guard let brand = try brands.find(begun, in: transaction) else { throw .notFound("brand", begun) }
            return brand
        }
    }

    /// The brand to provision: the one that an earlier call began, or a new one.
    private func begin(
        _ params: Brands.Provision.Params, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> UUIDv7 {
        if let earlier = try earlier(params, in: transaction) {
            guard earlier.status == .provisioning else {
                throw .conflict("This organisation has a brand of this name already: \(earlier.id).")
            }
            guard earlier.mode == params.mode else {
                throw .conflict("An earlier call began this brand as a \(earlier.mode.rawValue) one: \(earlier.id).")
            }
            try brands.describe(
                earlier.id, industry: params.industry, timeZone: params.timeZone, currency: params.currency,
                in: transaction)
            return earlier.id
        }
        let owner = try owner(params, at: time, in: transaction)
        let brand = Brand(
            id: transaction.newID(at: time), organizationId: owner, name: params.name, industry: params.industry,
            mode: params.mode, timeZone: params.timeZone, currency: params.currency, status: .provisioning,
            createdAt: time, version: 1)
        try brands.insert(brand, in: transaction)
        return brand.id
    }

    private func earlier(
        _ params: Brands.Provision.Params, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Brand? {
        guard let organization = params.organizationId else {
            return try brands.find(namedLikeItsOrganization: params.name, in: transaction)
        }
        return try brands.find(named: params.name, of: organization, in: transaction)
    }

    private func owner(
        _ params: Brands.Provision.Params, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> UUIDv7 {
        guard let id = params.organizationId else {
            let organization = Organization(
                id: transaction.newID(at: time), name: params.name, createdAt: time, version: 1)
            try organizations.insert(organization, in: transaction)
            return organization.id
        }
        guard try organizations.find(id, in: transaction) != nil else { throw .notFound("organisation", id) }
        return id
    }

    /// Has a service make its databases of brands that are older than the service.
    ///
    /// One that is erased meanwhile is erased there again.
    func completeFiles(of sibling: Sibling) async throws(RPCError) {
        let file = runtime.databases.serviceFile
        let missing = try await runtime.read(file) { transaction throws(RPCError) in
            try files.missing(at: sibling.name, in: transaction)
        }
        for brand in missing {
            let call = CallContext(principal: "service:tenancy", now: runtime.clock.now())
            try await createFile(of: brand, at: sibling, for: call)
            let isInUse = try await runtime.write(file) { transaction throws(RPCError) in
                let status = try brands.find(brand, in: transaction)?.status
                guard status == .active || status == .suspended else { return false }
                try files.record(sibling.name, of: brand, in: transaction)
                return true
            }
            if !isInUse { try await BrandErasure(siblings: []).erase(brand, at: sibling) }
        }
    }

    private func createFile(of brand: UUIDv7, at sibling: Sibling, for call: CallContext) async throws(RPCError) {
        let context = CallContext(
            brand: brand, principal: "service:tenancy", deadlineMilliseconds: try remaining(of: call),
            traceparent: call.traceparent)
        do throws(RPCError) {
            _ = try await BrandFiles.Client(sibling.client).create(BrandFiles.Create.Params(brand: brand), for: context)
        } catch {
            switch error.code {
            case RPCError.Code.cancelled, RPCError.Code.dependencyUnavailable, RPCError.Code.storageFull: throw error
            default:
                throw .dependencyUnavailable(sibling.name, cause: "brandFiles.create: \(error.code) \(error.message)")
            }
        }
    }

    /// What is left of the caller's time, but at most ``fileDeadlineMilliseconds``.
    private func remaining(of call: CallContext) throws(RPCError) -> Int64 {
        guard let deadline = call.deadlineMilliseconds else { return Self.fileDeadlineMilliseconds }
        let left = deadline - (runtime.clock.now().microseconds - call.now.microseconds) / 1_000
        guard left > 0 else { throw .deadlineExceeded }
        return min(left, Self.fileDeadlineMilliseconds)
    }
}
