/// Shows that a tree is the beginning of a larger one: that nothing but appending happened between two heads (RFC 6962,
/// section 2.1.2).
public struct ConsistencyProof: Hashable, Sendable {
    /// Leaves of the earlier tree; at least one.
    public let fromSize: Int
    /// Leaves of the later tree.
    public let toSize: Int
    public let path: [MerkleTree.Hash]

    public init(fromSize: Int, toSize: Int, path: [MerkleTree.Hash]) {
        self.fromSize = fromSize
        self.toSize = toSize
        self.path = path
    }

    /// The subtrees whose roots are the path, in its order.
    ///
    /// - Parameters:
    ///   - fromSize: from 1 to `toSize`.
    public static func subtrees(fromSize: Int, toSize: Int) -> [Subtree] {
        var subtrees: [Subtree] = []
        var (start, end) = (0, toSize)
        while fromSize != end {
            let middle = start + powerOfTwo(below: end - start)
            if fromSize <= middle {
                subtrees.append(Subtree(from: middle, to: end))
                end = middle
            } else {
                subtrees.append(Subtree(from: start, to: middle))
                start = middle
            }
        }
        // Whoever checks knows the root of the earlier tree, and so that of the part that is the whole of it.
        if start > 0 { subtrees.append(Subtree(from: start, to: end)) }
        return subtrees.reversed()
    }

    /// Whether the tree with the root `from` is the beginning of the one with the root `to`, by the steps of RFC 9162,
    /// section 2.1.4.2.
    public func isValid(from: MerkleTree.Hash, to: MerkleTree.Hash) -> Bool {
        guard fromSize >= 1, fromSize <= toSize else { return false }
        if fromSize == toSize { return path.isEmpty && from == to }
        let isComplete = fromSize & (fromSize - 1) == 0
        let path = isComplete && !path.isEmpty ? [from] + path : path
        guard let first = path.first else { return false }
        var (node, last) = (fromSize - 1, toSize - 1)
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var (earlier, later) = (first, first)
        for sibling in path.dropFirst() {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                earlier = MerkleTree.nodeHash(sibling, earlier)
                later = MerkleTree.nodeHash(sibling, later)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                later = MerkleTree.nodeHash(later, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return earlier == from && later == to && last == 0
    }
}
