import AuditProof
import CommonAPI
import CoreMetrics
import JSON
import JSONRPC
import Logging
import MerkleLog
import OpenSSL
import SQLite
import ServiceContract

/// Remembers what tenancy said the audit log was, so that it cannot say something else later.
///
/// Each head comes with the proof that its log continues the one before, so that a head that is kept speaks for those
/// that are forgotten. Where there is no such proof, as after a restore, the head before is kept for ever. A head that
/// contradicts an earlier one is refused: it is logged, and both are kept as evidence. The message counts as taken all
/// the same, or those behind it would wait for ever. How many are refused, the service's health and a metric say.
enum HeadWitness {
    /// The topic of heads on their way.
    static let topic = "audit.head"
    /// Accepted heads that are kept: the newest.
    static let maximumAccepted = 1_000
    /// Refused heads that are kept: the first, which show where it began.
    static let maximumRefused = 1_000
    /// Heads that are kept because nothing proves that the next one continues them: the first.
    static let maximumUnproved = 1_000

    /// What its metric counts.
    static let helps = [
        "gyre_audit_refused_heads":
            "Heads of the audit log that contradict what this service witnessed before; not 0: somebody has to look."
    ]

    private static let logger = Logger(label: "audit")
    private static let refusedGauge = Gauge(label: "gyre_audit_refused_heads")

    /// A head and its number here.
    private struct Kept {
        let number: Int64
        let head: SignedTreeHead
    }

    static func register(in topics: inout MessageTopics) {
        topics.on(topic, as: TreeHeadNotice.self) { notice, transaction, call throws(RPCError) in
            guard call.principal == "service:tenancy" else {
                return logger.error("a head of the audit log came from another than tenancy")
            }
            try take(notice, at: call.now, in: transaction)
        }
    }

    static func take(
        _ notice: TreeHeadNotice, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let head = notice.head
        let newest = try newestAccepted(in: transaction)
        let alike = try accepted(ofSize: head.treeSize, in: transaction)
        if let alike, alike.head.rootHash == head.rootHash, alike.head.signature == head.signature { return }
        guard let problem = problem(with: notice, alike: alike?.head, newest: newest?.head) else {
            // Of a tree that did not grow the first head says it all.
            guard alike == nil else { return }
            if let newest, notice.fromSize != newest.head.treeSize {
                try keepForEver(newest.number, in: transaction)
            }
            try keep(head, at: time, in: transaction)
            return try forgetOldest(in: transaction)
        }
        let contradicted = problem == .fork ? alike ?? newest : newest
        logger.error(
            "a head of the audit log is refused",
            metadata: [
                "problem": "\(problem.rawValue)", "treeSize": "\(head.treeSize)", "rootHash": "\(head.rootHash)",
                "witnessedTreeSize": "\(contradicted?.head.treeSize ?? 0)",
                "witnessedRootHash": "\(contradicted?.head.rootHash ?? "")",
            ])
        guard try countOfRefused(in: transaction) < maximumRefused else { return }
        try keep(head, problem, contradicts: contradicted?.number, at: time, in: transaction)
        try measure(in: transaction)
    }

    /// Takes a head that was refused for its key only, because the platform says so.
    ///
    /// - Returns: its number here; of one that was taken by itself, or before, the same.
    static func adopt(
        _ head: SignedTreeHead, because reason: String, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int {
        if let alike = try accepted(ofSize: head.treeSize, in: transaction), alike.head == head {
            return Int(alike.number)
        }
        // Heads on their way would be smaller than this one. Of too many that were refused not all are kept.
        let isRefused = try isRefusedForKey(head, in: transaction)
        let isFull = try countOfRefused(in: transaction) >= maximumRefused
        guard let newest = try newestAccepted(in: transaction), head.isSigned, isRefused || isFull else {
            throw .conflict("This head has not arrived yet, or was not refused for its key: try again shortly.")
        }
        guard newest.head.treeSize < head.treeSize else {
            throw .conflict(
                """
                A head of \(newest.head.treeSize) entries was witnessed, and this one has \(head.treeSize): entries are \
                missing or exchanged, which no key explains.
                """)
        }
        try keepForEver(newest.number, in: transaction)
        let number = try keep(head, contradicts: newest.number, because: reason, at: time, in: transaction)
        try measure(in: transaction)
        return number
    }

    private static func isRefusedForKey(
        _ head: SignedTreeHead, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM audit_heads WHERE problem = 'key' AND tree_size = :size AND signature = :signature",
            [":size": head.treeSize, ":signature": bytes(head.signature)]
        ) { _ in true } ?? false
    }

    /// Sets the metric to what is on disk.
    static func measure(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        refusedGauge.record(try countOfRefused(in: transaction))
    }

    /// A sentence for whoever runs the suite; nil: no head is refused.
    static func problem(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> String? {
        let count = try countOfRefused(in: transaction)
        guard count > 0 else { return nil }
        let heads = count == 1 ? "1 head" : "\(count) heads"
        return "It refused \(heads) of the audit log, and nobody vouches for it since: see gyre audit verify."
    }

    /// Why a head cannot be true, if what was accepted is.
    ///
    /// - Parameters:
    ///   - alike: the accepted head of the same size.
    ///   - newest: the one that was accepted last, and is the largest.
    private static func problem(
        with notice: TreeHeadNotice, alike: SignedTreeHead?, newest: SignedTreeHead?
    ) -> WitnessedHead.Problem? {
        let head = notice.head
        guard head.isSigned else { return .signature }
        guard let newest else { return nil }
        if head.keyId != key(after: newest, notice.successions) { return .key }
        if let alike, alike.rootHash != head.rootHash { return .fork }
        if head.treeSize < newest.treeSize { return .smaller }
        if head.treeSize == newest.treeSize { return nil }
        return notice.fromSize != newest.treeSize || continues(notice, newest) ? nil : .fork
    }

    /// The key that signs after a head, as its own key says, and the next ones do.
    private static func key(after head: SignedTreeHead, _ successions: [KeySuccession]) -> String {
        var key = head.keyId
        // Those that it knows already lead up to it.
        for succession in successions where succession.previousKeyID == key && succession.isSigned {
            key = succession.keyID
        }
        return key
    }

    /// Whether the proof holds that the log only grew since `head`.
    private static func continues(_ notice: TreeHeadNotice, _ head: SignedTreeHead) -> Bool {
        guard let from = MerkleTree.Hash(hexadecimal: head.rootHash),
            let to = MerkleTree.Hash(hexadecimal: notice.head.rootHash)
        else { return false }
        let path = notice.path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
        let proof = ConsistencyProof(fromSize: notice.fromSize, toSize: notice.head.treeSize, path: path)
        return path.count == notice.path.count && proof.isValid(from: from, to: to)
    }

    // MARK: Rows

    /// The heads behind the one of a number, in the order in which they were told.
    static func list(
        after number: Int, limit: Int, as witness: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [WitnessedHead] {
        try transaction.all(
            """
            SELECT number, tree_size, root_hash, signed_at, key_id, public_key, signature, received_at, problem,
                contradicts, adoption_reason
            FROM audit_heads WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit]
        ) { row in
            WitnessedHead(
                witness: witness, number: row.int(0), head: head(row), receivedAt: row.timestamp(7),
                problem: row.textOrNil(8).flatMap(WitnessedHead.Problem.init(rawValue:)),
                contradicts: row.int64OrNil(9).map { Int($0) }, adoptionReason: row.textOrNil(10))
        }
    }

    private static func newestAccepted(in transaction: borrowing WriteTransaction) throws(RPCError) -> Kept? {
        try transaction.one(
            """
            SELECT number, tree_size, root_hash, signed_at, key_id, public_key, signature FROM audit_heads
            WHERE problem IS NULL ORDER BY number DESC LIMIT 1
            """
        ) { Kept(number: $0.int64(0), head: head($0)) }
    }

    private static func accepted(
        ofSize size: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Kept? {
        try transaction.one(
            """
            SELECT number, tree_size, root_hash, signed_at, key_id, public_key, signature FROM audit_heads
            WHERE problem IS NULL AND tree_size = :size
            """, [":size": size]
        ) { Kept(number: $0.int64(0), head: head($0)) }
    }

    private static func countOfRefused(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        // Those behind which the platform had a head taken all the same are accepted.
        try transaction.one(
            """
            SELECT count(*) FROM audit_heads AS refused WHERE problem IS NOT NULL AND (problem <> 'key' OR NOT EXISTS (
                SELECT 1 FROM audit_heads AS taken WHERE taken.adoption_reason IS NOT NULL
                    AND taken.contradicts = refused.contradicts AND taken.number > refused.number))
            """
        ) { $0.int(0) } ?? 0
    }

    @discardableResult
    private static func keep(
        _ head: SignedTreeHead, _ problem: WitnessedHead.Problem? = nil, contradicts number: Int64? = nil,
        because reason: String? = nil, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int {
        try transaction.one(
            """
            INSERT INTO audit_heads (tree_size, root_hash, signed_at, key_id, public_key, signature, received_at,
                problem, contradicts, adoption_reason)
            VALUES (:size, :root, :signedAt, :keyID, :publicKey, :signature, :receivedAt, :problem, :contradicts,
                :reason)
            RETURNING number
            """,
            [
                ":size": head.treeSize, ":root": bytes(head.rootHash), ":signedAt": head.timestamp,
                ":keyID": bytes(head.keyId), ":publicKey": bytes(head.publicKey), ":signature": bytes(head.signature),
                ":receivedAt": time, ":problem": problem?.rawValue, ":contradicts": number, ":reason": reason,
            ]
        ) { $0.int(0) } ?? 0
    }

    /// Keeps a head because nothing proves that the one after it continues it.
    private static func keepForEver(_ number: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE audit_heads SET is_kept = 1
            WHERE number = :number AND (SELECT count(*) FROM audit_heads WHERE is_kept = 1) < :limit
            """, [":number": number, ":limit": maximumUnproved])
    }

    /// Leaves the newest accepted heads, those that a refused one contradicts, those that none after is proved to
    /// continue, and those that the platform had taken.
    private static func forgetOldest(in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            DELETE FROM audit_heads WHERE problem IS NULL AND is_kept = 0 AND adoption_reason IS NULL
                AND number <= (
                    SELECT number FROM audit_heads WHERE problem IS NULL ORDER BY number DESC LIMIT 1 OFFSET :count)
                AND number NOT IN (SELECT contradicts FROM audit_heads WHERE contradicts IS NOT NULL)
            """, [":count": maximumAccepted])
    }

    private static func head(_ row: Statement) -> SignedTreeHead {
        SignedTreeHead(
            treeSize: row.int(1), rootHash: Hexadecimal.encode(row.bytes(2)), timestamp: row.timestamp(3),
            keyId: Hexadecimal.encode(row.bytes(4)), publicKey: Hexadecimal.encode(row.bytes(5)),
            signature: Hexadecimal.encode(row.bytes(6)))
    }

    /// The contract has made sure that these are digits.
    private static func bytes(_ hexadecimal: String) -> [UInt8] { Hexadecimal.decode(hexadecimal) ?? [] }
}
