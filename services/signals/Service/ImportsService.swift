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

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func create(
        _ params: Imports.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Create.Reply {
        do {
            _ = try params.mapping.withReader { (reader) throws(JSONError) in try MappingTemplate(from: &reader) }
        } catch {
            throw .invalidParams(error.prefixed(by: "/mapping"))
        }
        if let other = try imports.receiving(source: params.source, in: transaction) {
            throw .conflict(
                "The import \(other) of '\(params.source)' is still receiving; finish or cancel it before another begins."
            )
        }
        let id = transaction.newID(at: call.now)
        try imports.insert(
            id, source: params.source, mapping: params.mapping, totalBytes: params.totalBytes, at: call.now,
            in: transaction)
        return try find(id, in: transaction).reply
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
        stored.receivedBytes = chunk.end
        stored.lastChunk = (chunk.bytes.count, chunk.hash)
        stored.updatedAt = call.now
        if chunk.isLast {
            stored.status = .completed
            stored.reader.carry = []
        }
        try imports.update(stored, in: transaction)
        return stored.reply
    }

    func cancel(
        _ params: Imports.Cancel.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Imports.Cancel.Reply {
        var stored = try find(params.id, in: transaction)
        switch stored.status {
        case .cancelled: return stored.reply
        case .completed:
            throw .illegalTransition("This import is completed; only one that is receiving can be cancelled.")
        case .receiving:
            stored.status = .cancelled
            stored.reader.carry = []
            stored.updatedAt = call.now
            try imports.update(stored, in: transaction)
            return stored.reply
        }
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
        var page = Page<(number: Int64, item: Import)>(limit: params.limit)
        for row in try imports.list(before: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(row, bytes: 0) else { break }
        }
        return Imports.List.Reply(
            items: page.items.map(\.item), nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport {
        guard let stored = try imports.find(id, in: transaction) else { throw .notFound("import", id) }
        return stored
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
            chunk.end == receivedBytes, !chunk.bytes.isEmpty || status != .receiving
        {
            // It may be the last one only now.
            return chunk.isLast && status == .receiving ? .read([]) : .nothing
        }
        guard status == .receiving else {
            throw .conflict("This import is \(status.rawValue) and takes no more.")
        }
        guard chunk.offset == receivedBytes else {
            throw .conflict(
                "This import has \(receivedBytes) bytes, and the chunk begins at \(chunk.offset); "
                    + "go on at offset \(receivedBytes).")
        }
        return .read(chunk.bytes)
    }
}
