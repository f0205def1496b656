import CommonAPI
import JSONRPC
import MerkleLog
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI

/// Proofs that the audit log is what its heads say.
struct AuditLogService: AuditLog.Service {
    let log: VerifiableLog
    let runtime: ServiceRuntime
    private let entries = AuditStore()
    private let nodes = AuditNodeStore()
    private let heads = TreeHeadStore()

    init(log: VerifiableLog, runtime: ServiceRuntime) {
        self.log = log
        self.runtime = runtime
    }

    func head(
        _ params: AuditLog.Head.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SignedTreeHead {
        try newestHead(in: transaction)
    }

    /// Replaces the key that signs. It may be called again after any failure: a key that was made and not taken into use
    /// is the next one.
    func rotateKey(
        _ params: AuditLog.RotateKey.Params, for call: CallContext
    ) async throws(RPCError) -> SignedTreeHead {
        do {
            // What an earlier call could not finish.
            try await log.settleKeys(runtime)
            let next = try log.keys.prepareNext().publicKey
            let head = try await runtime.write(runtime.databases.serviceFile) { [log] transaction throws(RPCError) in
                let message = AuditEntryMessage(
                    id: transaction.newID(at: call.now), at: call.now, service: "tenancy", principal: call.principal,
                    brand: nil, method: AuditLog.RotateKey.method.name, ids: [])
                return try log.succeed(next, as: message, at: call.now, in: transaction)
            }
            try await log.settleKeys(runtime)
            return head
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("The key of the audit log cannot be replaced: \(error)")
        }
    }

    func adoptKey(
        _ params: AuditLog.AdoptKey.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> SignedTreeHead {
        let message = AuditEntryMessage(
            id: transaction.newID(at: call.now), at: call.now, service: "tenancy", principal: call.principal,
            brand: nil, method: AuditLog.AdoptKey.method.name, ids: [])
        return try log.adoptKey(as: message, at: call.now, in: transaction)
    }

    func inclusionProof(
        _ params: AuditLog.InclusionProof.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> AuditLog.InclusionProof.Reply {
        let (index, size) = (params.leafIndex, try size(params.treeSize, in: transaction))
        guard index < size else { throw .notFound("entry in the first \(size) of the audit log with the index", index) }
        let leaf = try nodes.hash(at: NodePlace(level: 0, index: index), in: transaction)
        let path = try nodes.path(InclusionProof.subtrees(leafIndex: index, treeSize: size), in: transaction)
        return AuditLog.InclusionProof.Reply(
            leafIndex: index, treeSize: size, leafHash: "\(leaf)", path: path.map(\.description))
    }

    func proveEntry(
        _ params: AuditLog.ProveEntry.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> EntryProof {
        let head = try newestHead(in: transaction)
        guard let entry = try entries.find(params.entryId, in: transaction), entry.leafIndex < head.treeSize,
            call.brand == nil || entry.brandId == call.brand
        else { throw .notFound("entry that a head of the audit log covers", params.entryId) }
        let subtrees = MerkleLog.InclusionProof.subtrees(leafIndex: entry.leafIndex, treeSize: head.treeSize)
        let path = try nodes.path(subtrees, in: transaction)
        return EntryProof(entry: entry, path: path.map(\.description), head: head)
    }

    func consistencyProof(
        _ params: AuditLog.ConsistencyProof.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> AuditLog.ConsistencyProof.Reply {
        let (from, to) = (params.fromSize, try size(params.toSize, in: transaction))
        guard from <= to else { throw .notFound("beginning of the first \(to) entries of the size", from) }
        let path = try nodes.path(ConsistencyProof.subtrees(fromSize: from, toSize: to), in: transaction)
        return AuditLog.ConsistencyProof.Reply(fromSize: from, toSize: to, path: path.map(\.description))
    }

    /// The size that a proof is for: what is asked for, if the log has reached it, or that of the newest head.
    private func size(
        _ asked: Int?, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> Int {
        guard let asked else { return try newestHead(in: transaction).treeSize }
        guard asked <= (try entries.size(in: transaction)) else { throw .notFound("audit log of the size", asked) }
        return asked
    }

    private func newestHead(in transaction: borrowing ReadTransaction) throws(RPCError) -> SignedTreeHead {
        guard let head = try heads.newest(in: transaction) else { throw .notFound("head of the audit log", "yet") }
        return head
    }
}
