import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import ServiceContract
import ServiceKit

/// The audit log: entries that are only ever appended, a tree of hashes over them, and signed heads of it that other
/// services witness. Who changes an entry afterwards contradicts them (RFC 6962).
struct VerifiableLog: Sendable {
    /// The topic of heads on their way to their witnesses.
    static let topic = "audit.head"
    /// Entries after which a head is signed at once, without waiting for ``HeadSchedule``.
    static let entriesOfHead = 1_000

    /// The file of the key that signs heads, under the secrets.
    private static let keyFile = "audit-log"

    private let key: Ed25519.PrivateKey
    /// The services that are told of heads.
    private let witnesses: [String]
    private let entries = AuditStore()
    private let nodes = AuditNodeStore()
    private let heads = TreeHeadStore()

    /// - Parameter directory: where the key's file lies, or is made.
    init(directory: String, witnesses: [String]) throws {
        key = try Ed25519.PrivateKey(rawRepresentation: SecretFile.key(named: Self.keyFile, in: directory))
        self.witnesses = witnesses
    }

    /// Appends what a service recorded. What is there already, as after a restore, is left alone.
    func append(
        _ message: AuditEntryMessage, brand: UUIDv7?, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard try !entries.exists(message.id, in: transaction) else { return }
        let index = try entries.size(in: transaction)
        let entry = AuditEntry(
            id: message.id, at: message.at, service: message.service, principal: message.principal, brandId: brand,
            method: message.method, ids: message.ids, fields: message.fields, leafIndex: index,
            // It follows from the others and is stored with the tree.
            leafHash: "")
        try entries.insert(entry, in: transaction)
        try nodes.append(entry.computedLeafHash, at: index, in: transaction)
        let covered = try heads.newest(in: transaction)?.treeSize ?? 0
        if index + 1 - covered >= Self.entriesOfHead { try signHead(at: time, in: transaction) }
    }

    /// Whether entries came since the newest head.
    func hasGrown(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        let covered = try heads.newest(in: transaction)?.treeSize ?? 0
        return try entries.size(in: transaction) > covered
    }

    /// Signs what the log is now, and tells the witnesses; does nothing when no entry came since the newest head.
    func signHead(at time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        let newest = try heads.newest(in: transaction)
        let size = try entries.size(in: transaction)
        guard size > newest?.treeSize ?? 0 else { return }
        let root = try nodes.root(ofSize: size, in: transaction)
        let head: SignedTreeHead
        do {
            // A head is never older than the one before it, whatever the clock does.
            head = try SignedTreeHead.signing(
                treeSize: size, root: root, at: max(time, newest?.timestamp ?? time), with: key)
        } catch {
            throw .internalError("The head of the audit log cannot be signed: \(error)")
        }
        try heads.insert(head, in: transaction)
        let notice = try notice(of: head, after: newest?.treeSize ?? 0, in: transaction)
        for witness in witnesses { try transaction.tell(witness, Self.topic, notice, at: time) }
    }
    /// A head with the proof that the log only grew since the one before.
    private func notice(
        of head: SignedTreeHead, after size: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> TreeHeadNotice {
        guard size > 0 else { return TreeHeadNotice(head: head, fromSize: 0, path: []) }
        let subtrees = ConsistencyProof.subtrees(fromSize: size, toSize: head.treeSize)
        let path = try nodes.path(subtrees, in: transaction)
        return TreeHeadNotice(head: head, fromSize: size, path: path.map(\.description))
    }
}
