import AuditProof
import CommonAPI
import JSON
import JSONRPC
import Logging
import OpenSSL
import SQLite
import ServiceContract

/// Remembers what tenancy said the audit log was, so that it cannot say something else later.
///
/// A head that contradicts an earlier one is refused: it is logged, and both are kept as evidence. The message counts
/// as taken all the same, or those behind it would wait for ever.
enum HeadWitness {
    /// The topic of heads on their way.
    static let topic = "audit.head"
    /// Accepted heads that are kept: the newest.
    static let maximumAccepted = 1_000
    /// Refused heads that are kept: the first, which show where it began.
    static let maximumRefused = 1_000

    private static let logger = Logger(label: "audit")

    /// A head and its number here.
    private struct Kept {
        let number: Int64
        let head: SignedTreeHead
    }

    static func register(in topics: inout MessageTopics) {
        topics.on(topic, as: SignedTreeHead.self) { head, transaction, call throws(RPCError) in
            guard call.principal == "service:tenancy" else {
                return logger.error("a head of the audit log came from another than tenancy")
            }
            try take(head, at: call.now, in: transaction)
        }
    }

    static func take(
        _ head: SignedTreeHead, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let newest = try newestAccepted(in: transaction)
        let alike = try accepted(ofSize: head.treeSize, in: transaction)
        if let alike, alike.head.rootHash == head.rootHash, alike.head.signature == head.signature { return }
        guard let problem = problem(with: head, alike: alike?.head, newest: newest?.head) else {
            // Of a tree that did not grow the first head says it all.
            guard alike == nil else { return }
            try keep(head, at: time, in: transaction)
            return try forgetOldest(in: transaction)
        }
        let contradicted = problem == .fork ? alike : newest
        logger.error(
            "a head of the audit log is refused",
            metadata: [
                "problem": "\(problem.rawValue)", "treeSize": "\(head.treeSize)", "rootHash": "\(head.rootHash)",
                "witnessedTreeSize": "\(contradicted?.head.treeSize ?? 0)",
                "witnessedRootHash": "\(contradicted?.head.rootHash ?? "")",
            ])
        guard try countOfRefused(in: transaction) < maximumRefused else { return }
        try keep(head, problem, contradicts: contradicted?.number, at: time, in: transaction)
    }

    /// Why `head` cannot be true, if what was accepted is.
    ///
    /// - Parameters:
    ///   - alike: the accepted head of the same size.
    ///   - newest: the one that was accepted last, and is the largest.
    private static func problem(
        with head: SignedTreeHead, alike: SignedTreeHead?, newest: SignedTreeHead?
    ) -> WitnessedHead.Problem? {
        guard head.isSigned else { return .signature }
        guard let newest else { return nil }
        if head.keyId != newest.keyId { return .key }
        if let alike, alike.rootHash != head.rootHash { return .fork }
        return head.treeSize < newest.treeSize ? .smaller : nil
    }

    // MARK: Rows

    /// The heads behind the one of a number, in the order in which they were told.
    static func list(
        after number: Int, limit: Int, as witness: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [WitnessedHead] {
        try transaction.all(
            """
            SELECT number, tree_size, root_hash, signed_at, key_id, public_key, signature, received_at, problem,
                contradicts
            FROM audit_heads WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit]
        ) { row in
            WitnessedHead(
                witness: witness, number: row.int(0), head: head(row), receivedAt: row.timestamp(7),
                problem: row.textOrNil(8).flatMap(WitnessedHead.Problem.init(rawValue:)),
                contradicts: row.int64OrNil(9).map { Int($0) })
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

    private static func countOfRefused(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM audit_heads WHERE problem IS NOT NULL") { $0.int(0) } ?? 0
    }

    private static func keep(
        _ head: SignedTreeHead, _ problem: WitnessedHead.Problem? = nil, contradicts number: Int64? = nil,
        at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO audit_heads
                (tree_size, root_hash, signed_at, key_id, public_key, signature, received_at, problem, contradicts)
            VALUES
                (:size, :root, :signedAt, :keyID, :publicKey, :signature, :receivedAt, :problem, :contradicts)
            """,
            [
                ":size": head.treeSize, ":root": bytes(head.rootHash), ":signedAt": head.timestamp,
                ":keyID": bytes(head.keyId), ":publicKey": bytes(head.publicKey), ":signature": bytes(head.signature),
                ":receivedAt": time, ":problem": problem?.rawValue, ":contradicts": number,
            ])
    }

    /// Leaves the newest accepted heads, and those that a refused one contradicts.
    private static func forgetOldest(in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            DELETE FROM audit_heads WHERE problem IS NULL
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
