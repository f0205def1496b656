import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import ServiceKit
import TenancyAPI

/// Deletes a brand's databases, one service after the other, and in the end what tenancy itself knows of it.
///
/// Every step can be repeated: a service that deleted already says so. Whatever a service answers but that, it is asked
/// again until it has: an erasure is never given up.
struct BrandErasure: JobWork {
    static let kind = "brandErasure"
    /// How long a service may take to delete a database.
    static let deadlineMilliseconds: Int64 = 30_000

    /// How far an erasure is, as its job keeps it.
    struct Progress: Equatable {
        let brand: UUIDv7
        /// The services that are done.
        var finished: [String]

        init(brand: UUIDv7, finished: [String]) {
            self.brand = brand
            self.finished = finished
        }

        init?(_ state: JSONRaw?) {
            guard let state, let value = try? JSONValue(parsing: state.bytes), let text = value["brand"]?.string,
                let brand = UUIDv7(text), let finished = value["finished"]?.array
            else { return nil }
            self.init(brand: brand, finished: finished.compactMap(\.string))
        }

        var json: JSONValue {
            ["brand": .string("\(brand)"), "finished": .array(finished.map { .string($0) })]
        }
    }

    let siblings: [BrandsService.Sibling]
    private let brands = BrandStore()

    init(siblings: [BrandsService.Sibling]) {
        self.siblings = siblings
    }

    func next(of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime) async throws(RPCError) -> JobPiece {
        guard var progress = Progress(job.state) else {
            throw .internalError("The job \(job.id) does not say which brand it erases.")
        }
        guard let sibling = siblings.first(where: { !progress.finished.contains($0.name) }) else {
            return try await finish(progress, in: file, runtime)
        }
        try await erase(progress.brand, at: sibling)
        progress.finished.append(sibling.name)
        let piece: JobPiece = { [progress] job, _, _ throws(RPCError) in
            job.state = JSONRaw(progress.json)
            job.done = progress.finished.count
        }
        return piece
    }

    func erase(_ brand: UUIDv7, at sibling: BrandsService.Sibling) async throws(RPCError) {
        let context = CallContext(
            brand: brand, principal: "service:tenancy", deadlineMilliseconds: Self.deadlineMilliseconds)
        do throws(RPCError) {
            _ = try await BrandFiles.Client(sibling.client).erase(BrandFiles.Erase.Params(brand: brand), for: context)
        } catch {
            if error.isRetryable { throw error }
            throw .dependencyUnavailable(sibling.name, cause: "brandFiles.erase: \(error.code) \(error.message)")
        }
    }

    /// First what tenancy knows goes, then what the database's log still holds of it; only then the brand is erased.
    private func finish(
        _ progress: Progress, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        let (brands, itself) = (brands, TenancyService.definition.name)
        if progress.finished.contains(itself) {
            do throws(RPCError) {
                try await runtime.checkpoint(file)
            } catch {
                throw error.isRetryable ? error : .busy("The log of \(itself)'s database")
            }
            let piece: JobPiece = { (job, _, transaction: borrowing WriteTransaction) throws(RPCError) in
                try brands.finishErasure(of: progress.brand, in: transaction)
                job.status = .completed
            }
            return piece
        }
        let piece: JobPiece = { (job, _, transaction: borrowing WriteTransaction) throws(RPCError) in
            try brands.forget(progress.brand, in: transaction)
            let next = Progress(brand: progress.brand, finished: progress.finished + [itself])
            job.state = JSONRaw(next.json)
        }
        return piece
    }
}
