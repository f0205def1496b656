import CommonAPI
import JSON
import JSONRPC
import Mapping
import OpenSSL
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `imports.*`.
struct ImportsService: Imports.Service {
    let intake: SignalIntake
    private let imports = ImportStore()
    private let jobs = JobStore()
    private let rejectedRows = RejectedRowStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func create(
        _ params: Imports.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Create.Reply {
        _ = try Self.template(params.mapping)
        try refuseOthers(source: params.source, in: transaction)
        let job = try jobs.begin(
            ImportKind.name, unit: "bytes", total: params.totalBytes, at: call.now, in: transaction)
        try imports.insert(job, source: params.source, mapping: params.mapping, in: transaction)
        return try find(job.id, in: transaction).reply
    }

    func append(
        _ params: Imports.Append.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Append.Reply {
        var stored = try find(params.id, in: transaction)
        let chunk = try Chunk(params)
        switch try stored.step(for: chunk) {
        case .nothing: return stored.reply
        case .read(let bytes):
            try ChunkIntake(intake).read(bytes, isLast: chunk.isLast, into: &stored, at: call.now, in: transaction)
        }
        stored.lastChunk = (chunk.bytes.count, chunk.hash)
        stored.job.done = chunk.end
        stored.job.updatedAt = call.now
        if chunk.isLast {
            stored.job.status = .completed
            stored.reader.carry = []
        }
        try imports.update(stored, in: transaction)
        return stored.reply
    }

    func replay(
        _ params: Imports.Replay.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Replay.Reply {
        var stored = try find(params.id, in: transaction)
        try refuseOthers(source: stored.source, in: transaction)
        if let mapping = params.mapping {
            let template = try Self.template(mapping)
            do {
                if let header = stored.reader.header { _ = try Mapping(template, header: header) }
            } catch {
                throw .invalidParams(at: "/params/mapping", "does not fit the file: \(error.description)")
            }
            stored.mapping = mapping
        }
        let total = try rejectedRows.count(of: stored.number, in: transaction)
        let job = try jobs.begin(
            ReplayWork.kind, unit: "rows", total: total, state: JSONRaw(ReplayPosition(importID: stored.id)),
            at: call.now, in: transaction)
        stored.replay = job.id
        try imports.update(stored, in: transaction)
        return Job(job, of: SignalsService.definition.name)
    }

    func get(
        _ params: Imports.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Get.Reply {
        try find(params.id, in: transaction).reply
    }

    func list(
        _ params: Imports.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.List.Reply {
        let cursor = try ListCursor(params.cursor, from: .max)
        var page = ListPage<StoredImport>(limit: params.limit)
        for row in try imports.list(before: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(row, bytes: 0) else { break }
        }
        return Imports.List.Reply(
            items: page.items.map(\.reply), nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    private static func template(_ mapping: JSONRaw) throws(RPCError) -> MappingTemplate {
        do {
            return try mapping.withReader { (reader) throws(JSONError) in try MappingTemplate(from: &reader) }
        } catch {
            throw .invalidParams(error.prefixed(by: "/mapping"))
        }
    }

    /// What a row's occurrences are counted against must not move meanwhile.
    private func refuseOthers(source: String, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let other = try imports.underWay(source: source, in: transaction) else { return }
        throw .conflict(
            "The import \(other) of '\(source)' is still under way; finish or cancel it before another begins.")
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport {
        guard let stored = try imports.find(id, in: transaction) else { throw .notFound("import", id) }
        return stored
    }
}

/// An import as a job: driven by whoever sends the file.
struct ImportKind: JobKind {
    static let name = "import"
    private let imports = ImportStore()

    /// What was taken stays; the beginning of a row that will not be finished goes.
    func cancel(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard var stored = try imports.find(job.id, in: transaction) else { return }
        stored.reader.carry = []
        try imports.update(stored, in: transaction)
    }
}

/// A chunk of a file, whole and unharmed.
struct Chunk: Sendable {
    let offset: Int
    let bytes: [UInt8]
    let hash: SHA256.Digest
    let isLast: Bool

    var end: Int { offset + bytes.count }

    init(_ params: Imports.Append.Params) throws(RPCError) {
        guard let bytes = Base64.decode(params.data) else {
            throw .invalidParams(at: "/params/data", "must be base64 with padding and without white space")
        }
        guard bytes.count <= IntakeLimits.chunkBytes else {
            throw .invalidParams(
                at: "/params/data", "must hold at most \(IntakeLimits.chunkBytes) bytes and holds \(bytes.count)")
        }
        let hash = SHA256.hash(bytes)
        guard SHA256.Digest(hexadecimal: params.sha256) == hash else {
            throw .invalidParams(
                at: "/params/sha256", "is not the hash of the \(bytes.count) bytes that arrived; send the chunk again")
        }
        guard params.offset <= Int.max - bytes.count else {
            throw .invalidParams(at: "/params/offset", "is past the end of any file")
        }
        offset = params.offset
        self.bytes = bytes
        self.hash = hash
        isLast = params.last
    }
}

extension StoredImport {
    /// What a chunk asks for.
    enum Step: Equatable {
        /// It was taken before, and its reply was lost.
        case nothing
        /// These bytes come next.
        case read([UInt8])
    }

    /// - Throws: conflict for a chunk that does not come next, with where the next one begins.
    func step(for chunk: Chunk) throws(RPCError) -> Step {
        if let lastChunk, lastChunk.hash == chunk.hash, lastChunk.bytes == chunk.bytes.count,
            chunk.end == job.done, !chunk.bytes.isEmpty || status != .receiving
        {
            // It may be the last one only now.
            return chunk.isLast && status == .receiving ? .read([]) : .nothing
        }
        guard status == .receiving else {
            throw .conflict("This import is \(status.rawValue) and takes no more.")
        }
        guard chunk.offset == job.done else {
            throw .conflict(
                "This import has \(job.done) bytes, and the chunk begins at \(chunk.offset); "
                    + "go on at offset \(job.done).")
        }
        return .read(chunk.bytes)
    }
}
