import AuditProof
import CommonAPI
import JSON
import JSONRPC
import Logging
import MerkleLog
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI

/// The audit log: entries that are only ever appended, a tree of hashes over them, and signed heads of it that other
/// services witness. Who changes an entry afterwards contradicts them (RFC 6962).
struct VerifiableLog: Sendable {
    /// The topic of heads on their way to their witnesses.
    static let topic = "audit.head"
    /// Entries after which a head is signed at once, without waiting for ``HeadSchedule``.
    static let entriesOfHead = 1_000

    /// Heads that wait for one witness, at least 2. While it is down the last place is the newest head's, whose proof
    /// reaches back to the head in the place before: so a witness that comes back is told how the log went on, and an
    /// outbox is 2 MB long at most. As many as a witness keeps (``HeadWitness``).
    static let waitingHeads = 1_000

    let keys: AuditLogKeys
    /// The services that are told of heads.
    private let witnesses: [String]
    private let entries = AuditStore()
    private let nodes = AuditNodeStore()
    private let heads = TreeHeadStore()

    /// - Parameter directory: where the keys' files lie.
    init(directory: String, witnesses: [String]) throws {
        keys = try AuditLogKeys(directory: directory)
        self.witnesses = witnesses
    }

    /// Appends what a service recorded. What is there already, as after a restore, is left alone.
    func append(
        _ message: AuditEntryMessage, brand: UUIDv7?, nextKey: KeySuccession? = nil, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try insert(message, brand: brand, nextKey: nextKey, in: transaction)
        let covered = try heads.newest(in: transaction)?.treeSize ?? 0
        let size = try entries.size(in: transaction)
        if size - covered >= Self.entriesOfHead { try signHead(at: time, in: transaction) }
    }

    private func insert(
        _ message: AuditEntryMessage, brand: UUIDv7?, nextKey: KeySuccession?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard try !entries.exists(message.id, in: transaction) else { return }
        let index = try entries.size(in: transaction)
        let entry = AuditEntry(
            id: message.id, at: message.at, service: message.service, principal: message.principal, brandId: brand,
            method: message.method, ids: message.ids, fields: message.fields, nextKey: nextKey, leafIndex: index,
            // It follows from the others and is stored with the tree.
            leafHash: "")
        try entries.insert(entry, in: transaction)
        try nodes.append(entry.computedLeafHash, at: index, in: transaction)
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
        let key = keys.signing(try publicKey(in: transaction))
        do {
            // A head is never older than the one before it, whatever the clock does.
            head = try SignedTreeHead.signing(
                treeSize: size, root: root, at: max(time, newest?.timestamp ?? time),
                with: key)
        } catch {
            throw .internalError("The head of the audit log cannot be signed: \(error)")
        }
        try heads.insert(head, in: transaction)
        for witness in witnesses {
            let last = try transaction.makeRoom(for: witness, Self.topic, limit: Self.waitingHeads)
            let size = try last.map(Self.size(ofNotice:)) ?? newest?.treeSize ?? 0
            try transaction.tell(witness, Self.topic, notice(of: head, after: size, in: transaction), at: time)
        }
    }

    /// How many entries the head of a notice covers that waits.
    private static func size(ofNotice body: [UInt8]) throws(RPCError) -> Int {
        do throws(JSONError) {
            return try TreeHeadNotice(json: body).head.treeSize
        } catch {
            throw .internalError("A head that waits for its witness is unreadable: \(error.message)")
        }
    }

    // MARK: Keys

    /// The key that the log named last; nil: it has named none.
    private func publicKey(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [UInt8]? {
        try entries.newestSuccession(in: transaction).flatMap { Hexadecimal.decode($0.publicKey) }
    }

    /// Takes the next key into use: the old one signs the log up to here and the new one, which signs what covers that.
    ///
    /// - Returns: the first head that the new key signed.
    func succeed(
        _ next: Ed25519.PublicKey, as message: AuditEntryMessage, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SignedTreeHead {
        try signHead(at: time, in: transaction)
        let key = keys.signing(try publicKey(in: transaction))
        let succession: KeySuccession
        do {
            succession = try KeySuccession.signing(next, inPlaceOf: key)
            try keys.keep(succession)
        } catch {
            throw .internalError("The next key of the audit log cannot be signed: \(error)")
        }
        try append(message, brand: nil, nextKey: succession, at: time, in: transaction)
        try signHead(at: time, in: transaction)
        guard let head = try heads.newest(in: transaction) else {
            throw .internalError("A head is not there after it was signed.")
        }
        return head
    }

    /// Records that the present key is to be taken, though the one that the log knows did not sign it: a break, which
    /// verifiers tell, and which witnesses refuse until the platform says otherwise.
    ///
    /// - Returns: a head that covers it.
    func adoptKey(
        as message: AuditEntryMessage, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SignedTreeHead {
        let named = try entries.newestSuccession(in: transaction)?.publicKey
        let first = try heads.firstKey(in: transaction)
        let known = named ?? first
        let key = keys.signing(known.flatMap { Hexadecimal.decode($0) })
        var adoption: KeySuccession?
        if let known, known != Hexadecimal.encode(key.publicKey.rawRepresentation) {
            do {
                adoption = try KeySuccession.adopting(key, inPlaceOf: known)
            } catch {
                throw .internalError("The key of the audit log cannot sign: \(error)")
            }
        }
        try insert(message, brand: nil, nextKey: adoption, in: transaction)
        try signHead(at: time, in: transaction)
        guard let head = try heads.newest(in: transaction) else {
            throw .internalError("A head is not there after it was signed.")
        }
        return head
    }

    /// Completes a rotation whose last step a crash may have kept from being done.
    func settleKeys(_ runtime: ServiceRuntime) async throws {
        let named = try await runtime.read(runtime.databases.serviceFile) {
            [self] transaction throws(RPCError) -> [UInt8]? in
            try publicKey(in: transaction)
        }
        try keys.settle(named)
        try await nameKeysAgain(runtime)
    }

    /// Says again how the key became what it is, where the log, as after a restore of a backup from before, does not know:
    /// the keys before signed it. Entries that no head covers yet are covered by the new key.
    private func nameKeysAgain(_ runtime: ServiceRuntime) async throws(RPCError) {
        let file = runtime.databases.serviceFile
        let forgotten = try await runtime.read(file) { [self] transaction throws(RPCError) in
            try forgottenSuccessions(in: transaction)
        }
        guard !forgotten.isEmpty else { return }
        let now = runtime.clock.now()
        try await runtime.write(file) { [self] transaction throws(RPCError) in
            for succession in try forgottenSuccessions(in: transaction) {
                let message = AuditEntryMessage(
                    id: transaction.newID(at: now), at: now, service: "tenancy", principal: "service:tenancy",
                    brand: nil, method: AuditLog.RotateKey.method.name, ids: [])
                // No head before the last of them: its key alone is here to sign.
                try insert(message, brand: nil, nextKey: succession, in: transaction)
            }
            try signHead(at: now, in: transaction)
        }
        Logger(label: "audit").notice(
            "the audit log is told again how its key was replaced, as after a restore of an earlier backup",
            metadata: ["successions": "\(forgotten.count)"])
    }

    private func forgottenSuccessions(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [KeySuccession] {
        if let named = try entries.newestSuccession(in: transaction) { return keys.successions(since: named.publicKey) }
        guard let head = try heads.newest(in: transaction) else { return [] }
        return keys.successions(since: head.publicKey)
    }

    /// A head with the proof that the log only grew since the one before.
    private func notice(
        of head: SignedTreeHead, after size: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> TreeHeadNotice {
        let successions = try entries.successions(size..<head.treeSize, in: transaction)
        guard size > 0 else { return TreeHeadNotice(head: head, fromSize: 0, path: [], successions: successions) }
        let subtrees = ConsistencyProof.subtrees(fromSize: size, toSize: head.treeSize)
        let path = try nodes.path(subtrees, in: transaction)
        return TreeHeadNotice(head: head, fromSize: size, path: path.map(\.description), successions: successions)
    }
}
