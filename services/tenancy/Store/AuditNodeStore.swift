import JSONRPC
import MerkleLog
import OpenSSL
import SQLite
import ServiceContract

/// The tree over the audit log's entries: a row for each complete subtree.
struct AuditNodeStore {
    /// Appends a leaf, with the subtrees that it completes: fewer than two rows for each leaf, all in all.
    func append(
        _ leaf: MerkleTree.Hash, at index: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var (hash, place) = (leaf, NodePlace(level: 0, index: index))
        try insert(hash, at: place, in: transaction)
        for left in NodePlace.joined(byLeaf: index) {
            (hash, place) = (MerkleTree.nodeHash(try self.hash(at: left, in: transaction), hash), place.parent)
            try insert(hash, at: place, in: transaction)
        }
    }

    /// The root of the first entries; at least one, and no more than there are.
    func root(
        ofSize size: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> MerkleTree.Hash {
        try root(of: .tree(ofSize: size), in: transaction)
    }

    /// The roots of the subtrees that a proof consists of.
    func path(
        _ subtrees: [Subtree], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [MerkleTree.Hash] {
        var path: [MerkleTree.Hash] = []
        for subtree in subtrees { path.append(try root(of: subtree, in: transaction)) }
        return path
    }

    func hash(
        at place: NodePlace, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> MerkleTree.Hash {
        let bytes = try transaction.one(
            "SELECT hash FROM audit_nodes WHERE level = :level AND position = :position",
            [":level": place.level, ":position": place.index]
        ) { $0.bytes(0) }
        guard let hash = bytes.flatMap({ MerkleTree.Hash($0) }) else {
            throw .internalError("The audit log's hash \(place.index) of level \(place.level) is missing.")
        }
        return hash
    }

    private func root(
        of subtree: Subtree, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> MerkleTree.Hash {
        var hashes: [MerkleTree.Hash] = []
        for place in subtree.places { hashes.append(try hash(at: place, in: transaction)) }
        return subtree.root(hashes)
    }

    private func insert(
        _ hash: MerkleTree.Hash, at place: NodePlace, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO audit_nodes (level, position, hash) VALUES (:level, :position, :hash)",
            [":level": place.level, ":position": place.index, ":hash": hash.bytes])
    }
}
