import MerkleLog

/// The definitions of RFC 6962, section 2.1, word for word: recursive, over all leaves. Slow, and plainly right.
final class NaiveTree {
    private struct Range: Hashable {
        let start: Int
        let end: Int
    }

    let leaves: [MerkleTree.Hash]
    private var known: [Range: MerkleTree.Hash] = [:]

    init(_ leaves: [MerkleTree.Hash]) {
        self.leaves = leaves
    }

    /// MTH(D[start:end]).
    func root(_ start: Int, _ end: Int) -> MerkleTree.Hash {
        switch end - start {
        case 0: return MerkleTree.emptyRoot
        case 1: return leaves[start]
        default: break
        }
        let range = Range(start: start, end: end)
        if let hash = known[range] { return hash }
        let middle = start + split(end - start)
        let hash = MerkleTree.nodeHash(root(start, middle), root(middle, end))
        known[range] = hash
        return hash
    }

    /// PATH(m, D[start:end]), m counted from `start`.
    func path(_ leaf: Int, _ start: Int, _ end: Int) -> [MerkleTree.Hash] {
        guard end - start > 1 else { return [] }
        let middle = split(end - start)
        if leaf < middle { return path(leaf, start, start + middle) + [root(start + middle, end)] }
        return path(leaf - middle, start + middle, end) + [root(start, start + middle)]
    }

    /// PROOF(m, D[0:end]).
    func proof(_ size: Int, _ end: Int) -> [MerkleTree.Hash] { subproof(size, 0, end, true) }

    private func subproof(_ size: Int, _ start: Int, _ end: Int, _ isWhole: Bool) -> [MerkleTree.Hash] {
        if size == end - start { return isWhole ? [] : [root(start, end)] }
        let middle = split(end - start)
        if size <= middle { return subproof(size, start, start + middle, isWhole) + [root(start + middle, end)] }
        return subproof(size - middle, start + middle, end, false) + [root(start, start + middle)]
    }

    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}

/// The hashes of complete subtrees as a log stores them: written once each, when they are complete.
struct StoredNodes {
    private(set) var hashes: [NodePlace: MerkleTree.Hash] = [:]
    private(set) var size = 0

    init(_ leaves: [MerkleTree.Hash]) {
        for leaf in leaves { append(leaf) }
    }

    private mutating func append(_ leaf: MerkleTree.Hash) {
        var (hash, place) = (leaf, NodePlace(level: 0, index: size))
        hashes[place] = hash
        for left in NodePlace.joined(byLeaf: size) {
            guard let sibling = hashes[left] else { preconditionFailure("\(left) is not there") }
            (hash, place) = (MerkleTree.nodeHash(sibling, hash), place.parent)
            hashes[place] = hash
        }
        size += 1
    }

    func root(_ subtree: Subtree) -> MerkleTree.Hash {
        subtree.root(subtree.places.compactMap { hashes[$0] })
    }

    func inclusion(_ leaf: Int, _ size: Int) -> InclusionProof {
        let path = InclusionProof.subtrees(leafIndex: leaf, treeSize: size).map(root)
        return InclusionProof(leafIndex: leaf, treeSize: size, path: path)
    }

    func consistency(_ from: Int, _ to: Int) -> ConsistencyProof {
        let path = ConsistencyProof.subtrees(fromSize: from, toSize: to).map(root)
        return ConsistencyProof(fromSize: from, toSize: to, path: path)
    }
}
