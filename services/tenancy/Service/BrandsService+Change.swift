import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

extension BrandsService {
    func update(
        _ params: Brands.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Brand {
        let brand = try find(params.id, in: transaction)
        guard brand.status != .erasing, brand.status != .erased else { throw .brandGone(brand) }
        try check(timeZone: params.timeZone)
        if let name = params.name, let other = try brands.find(named: name, of: brand.organizationId, in: transaction),
            other.id != brand.id
        {
            throw .conflict("This organisation has a brand of this name already: \(other.id).")
        }
        let changed = Brand(
            id: brand.id, organizationId: brand.organizationId, name: params.name ?? brand.name,
            industry: params.industry ?? brand.industry, mode: brand.mode, timeZone: params.timeZone ?? brand.timeZone,
            currency: params.currency ?? brand.currency, status: brand.status, createdAt: brand.createdAt,
            version: brand.version + 1)
        guard try brands.update(changed, expecting: params.version, in: transaction) else {
            throw .versionMismatch("brand", expected: Int64(params.version), actual: Int64(brand.version))
        }
        // Keys may be limited to industries.
        if changed.industry != brand.industry { try keys.tellGateway(of: nil, at: call.now, in: transaction) }
        return changed
    }

    /// Suspends a brand. The runtime holds the reply until the gateway has forgotten its keys, or its lease has run out.
    func suspend(
        _ params: Brands.Suspend.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Brand {
        let brand = try find(params.id, in: transaction)
        guard brand.status == .active else {
            throw .illegalTransition("This brand is \(brand.status.rawValue); only an active one can be suspended.")
        }
        try brands.suspend(brand.id, reason: params.reason, in: transaction)
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        return try find(brand.id, in: transaction)
    }

    func resume(
        _ params: Brands.Resume.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Brand {
        let brand = try find(params.id, in: transaction)
        guard brand.status == .suspended else {
            throw .illegalTransition("This brand is \(brand.status.rawValue); only a suspended one can be resumed.")
        }
        try brands.resume(brand.id, in: transaction)
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        return try find(brand.id, in: transaction)
    }

    /// Revokes a brand's keys and begins the job that deletes the rest: from here on only ``BrandErasure`` has a say.
    func erase(
        _ params: Brands.Erase.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Brand {
        let brand = try find(params.id, in: transaction)
        guard brand.status != .erasing, brand.status != .erased else { throw .brandGone(brand) }
        guard brand.name == params.name else {
            throw .conflict("The brand \(brand.id) has another name; brands.get says which. Nothing was erased.")
        }
        try beginErasure(of: brand.id, at: call.now, in: transaction)
        return try find(brand.id, in: transaction)
    }

    private func beginErasure(
        of brand: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try brands.beginErasure(of: brand, in: transaction)
        try keys.revokeAll(of: brand, at: time, reason: "the brand is erased", in: transaction)
        try keys.tellGateway(of: nil, at: time, in: transaction)
        _ = try jobs.begin(
            BrandErasure.kind, unit: "services", total: siblings.count + others.count,
            state: JSONRaw(BrandErasure.Progress(brand: brand, finished: []).json), at: time, in: transaction)
    }

    /// Erases what the ledger says was erased and this database, restored from a backup, still knows as alive: its
    /// staff, its requests and whatever else the services' own files hold of it.
    func eraseAgain(_ ledger: ErasureLedger) async throws {
        let erased = Set(try ledger.records(of: .brand).map(\.brand))
        guard !erased.isEmpty else { return }
        let now = runtime.clock.now()
        try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            for id in erased.sorted() {
                guard let brand = try brands.find(id, in: transaction), brand.status != .erasing,
                    brand.status != .erased
                else { continue }
                try beginErasure(of: id, at: now, in: transaction)
            }
        }
    }

    private func find(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) -> Brand {
        guard let brand = try brands.find(id, in: transaction) else { throw .notFound("brand", id) }
        return brand
    }
}

extension RPCError {
    fileprivate static func brandGone(_ brand: Brand) -> RPCError {
        .illegalTransition("This brand is \(brand.status.rawValue) already; nothing about it can change any more.")
    }
}
