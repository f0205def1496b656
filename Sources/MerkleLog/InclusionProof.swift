/// Shows that a leaf is in a tree: the hashes beside its way to the root (RFC 6962, section 2.1.1).
public struct InclusionProof: Hashable, Sendable {
    public let leafIndex: Int
    public let treeSize: Int
    /// From the leaf upwards.
    public let path: [MerkleTree.Hash]

    public init(leafIndex: Int, treeSize: Int, path: [MerkleTree.Hash]) {
        self.leafIndex = leafIndex
        self.treeSize = treeSize
        self.path = path
    }

    /// The subtrees whose roots are the path, in its order.
    ///
    /// All but one of them are complete: they have O(log n) places together.
    ///
    /// - Parameters:
    ///   - leafIndex: below `treeSize`.
    public static func subtrees(leafIndex: Int, treeSize: Int) -> [Subtree] {
        var subtrees: [Subtree] = []
        var (start, end) = (0, treeSize)
        while end - start > 1 {
            let middle = start + powerOfTwo(below: end - start)
            if leafIndex < middle {
                subtrees.append(Subtree(from: middle, to: end))
                end = middle
            } else {
                subtrees.append(Subtree(from: start, to: middle))
                start = middle
            }
        }
        return subtrees.reversed()
    }

    /// Whether the leaf of this hash is in the tree with this root, by the steps of RFC 9162, section 2.1.3.2.
    public func isValid(leafHash: MerkleTree.Hash, root: MerkleTree.Hash) -> Bool {
        guard leafIndex >= 0, leafIndex < treeSize else { return false }
        var (node, last) = (leafIndex, treeSize - 1)
        var hash = leafHash
        for sibling in path {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}

/// The largest power of two that is smaller than `count`, which is at least two.
func powerOfTwo(below count: Int) -> Int {
    1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
}
