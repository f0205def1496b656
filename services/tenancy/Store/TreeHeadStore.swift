import CommonAPI
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract

/// The signed heads of the audit log, as rows.
struct TreeHeadStore {
    func insert(_ head: SignedTreeHead, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO tree_heads (tree_size, root_hash, signed_at, public_key, signature)
            VALUES (:size, :root, :time, :key, :signature)
            """,
            [
                ":size": head.treeSize, ":root": Hexadecimal.decode(head.rootHash), ":time": head.timestamp,
                ":key": Hexadecimal.decode(head.publicKey), ":signature": Hexadecimal.decode(head.signature),
            ])
    }

    /// The key of the oldest head, in hexadecimal: the log's first, unless an entry names one before it.
    func firstKey(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> String? {
        try transaction.one("SELECT public_key FROM tree_heads ORDER BY tree_size LIMIT 1") {
            Hexadecimal.encode($0.bytes(0))
        }
    }

    /// The newest head, which is the largest.
    func newest(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> SignedTreeHead? {
        try transaction.one(
            """
            SELECT tree_size, root_hash, signed_at, public_key, signature FROM tree_heads
            ORDER BY tree_size DESC LIMIT 1
            """
        ) { row in
            SignedTreeHead(
                treeSize: row.int(0), rootHash: Hexadecimal.encode(row.bytes(1)), timestamp: row.timestamp(2),
                keyId: SHA256.hash(row.bytes(3)).description, publicKey: Hexadecimal.encode(row.bytes(3)),
                signature: Hexadecimal.encode(row.bytes(4)))
        }
    }
}
