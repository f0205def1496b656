import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import SignalsAPI

/// Sends a file through a mapping, chunk by chunk, and goes on where an earlier attempt ended.
struct ImportUpload {
    /// Bytes in one call. Small enough that a chunk is soon on disk, and that others' calls get their turn.
    static let chunkBytes = 128 << 10
    /// Complete imports of one unchanged file that are told apart; a further one begins without looking for its like.
    static let maximumRepetitions = 32

    let file: ImportFile
    let source: String
    let mapping: JSONRaw
    let imports: Imports.Client
    let jobs: Jobs.Client

    /// The import to send the file to: one that was begun for this state of the file and not finished, else a new one.
    ///
    /// The name that makes `imports.create` answer the same import again is made from the file, its mapping and a
    /// number that counts the imports of it that are finished.
    func begin() async throws(RPCError) -> Import {
        let fingerprint = file.fingerprint(source: source, mapping: mapping.bytes)
        for repetition in 0..<Self.maximumRepetitions {
            let begun = try await create(idempotencyKey: "import-\(fingerprint)-\(repetition)")
            if let current = try await current(begun.id), current.status == .receiving { return current }
        }
        return try await create(idempotencyKey: nil)
    }

    /// Where an import stands now; nil if it is there no more.
    private func current(_ id: UUIDv7) async throws(RPCError) -> Import? {
        do {
            return try await imports.get(Imports.Get.Params(id: id))
        } catch {
            if error.code == RPCError.Code.notFound { return nil }
            throw error
        }
    }

    /// The import of the same source that must end before another one begins.
    func inTheWay() async throws(RPCError) -> Import? {
        let imports = imports
        let all = try await allPages { cursor throws(RPCError) in
            let page = try await imports.list(Imports.List.Params(cursor: cursor))
            return (page.items, page.nextCursor)
        }
        return all.first { $0.source == source && $0.status == .receiving }
    }

    private func create(idempotencyKey: String?) async throws(RPCError) -> Import {
        try await imports.create(
            Imports.Create.Params(source: source, mapping: mapping, totalBytes: file.size),
            for: idempotencyKey.map { CallContext(principal: "", idempotencyKey: $0) })
    }

    /// Sends what is missing.
    ///
    /// - Parameter progress: called after each chunk.
    func send(_ begun: Import, progress: (Import) -> Void) async throws -> Import {
        var current = begun
        var patience = Patience()
        while current.status == .receiving {
            switch try await append(at: current.receivedBytes, to: current.id) {
            case .success(let reply):
                current = reply
                patience.renew()
                progress(current)
            case .failure(let error):
                if error.code == RPCError.Code.invalidParams { await giveUp(current) }
                guard error.mayPass || error.code == RPCError.Code.conflict else { throw error }
                try await patience.wait(after: error)
                let known = try? await self.current(current.id)
                // A conflict that is not about where the import stands will not pass.
                if error.code == RPCError.Code.conflict, known?.receivedBytes == current.receivedBytes { throw error }
                current = known ?? current
            }
        }
        try file.checkUnchanged()
        return current
    }

    /// Ends an import whose file or mapping can never be taken, so that it is not in the way of a corrected one.
    private func giveUp(_ unusable: Import) async {
        _ = try? await jobs.cancel(Jobs.Cancel.Params(id: unusable.id))
    }

    /// Sends one chunk. What the suite answers is a result; what is wrong with the file is thrown.
    private func append(at offset: Int, to id: UUIDv7) async throws(CommandFailure) -> Result<Import, RPCError> {
        let chunk = try file.read(at: offset, count: Self.chunkBytes)
        let isLast = offset + chunk.count >= file.size
        let params = Imports.Append.Params(
            id: id, offset: offset, sha256: SHA256.hash(chunk).description, data: Base64.encode(chunk), last: isLast)
        let reply: Import
        do {
            reply = try await imports.append(params)
        } catch {
            return .failure(error)
        }
        guard !isLast || reply.status != .receiving else {
            throw CommandFailure(
                "The suite took the whole of \(file.name), and does not say that the import is complete.")
        }
        return .success(reply)
    }
}
