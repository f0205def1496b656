/// Where a complete subtree stands: the one of level l and index i holds the leaves from i·2^l to (i+1)·2^l − 1.
///
/// Once its leaves are there it never changes, whatever is appended: its hash can be stored for ever.
public struct NodePlace: Hashable, Sendable {
    /// 0 for a leaf.
    public let level: Int
    /// From the left, among the subtrees of its level.
    public let index: Int

    public init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }

    public var parent: NodePlace { NodePlace(level: level + 1, index: index >> 1) }

    /// The complete subtrees that a new leaf joins, smallest first: with each of them it completes that one's parent.
    ///
    /// There are as many as the leaf's index has ones at its end: one on average.
    public static func joined(byLeaf leaf: Int) -> [NodePlace] {
        var places: [NodePlace] = []
        var index = leaf
        while index & 1 == 1 {
            places.append(NodePlace(level: places.count, index: index - 1))
            index >>= 1
        }
        return places
    }
}

/// A subtree with its last leaves missing, perhaps: what every hash in a proof is the root of.
public struct Subtree: Hashable, Sendable {
    /// The complete subtrees it consists of, largest first; at least one.
    public let places: [NodePlace]

    /// - Parameters:
    ///   - start: its first leaf, a multiple of the power of two that is not below the number of its leaves.
    ///   - end: the leaf behind its last one.
    init(from start: Int, to end: Int) {
        var places: [NodePlace] = []
        var offset = start
        while offset < end {
            let level = Int.bitWidth - 1 - (end - offset).leadingZeroBitCount
            places.append(NodePlace(level: level, index: offset >> level))
            offset += 1 << level
        }
        self.places = places
    }

    /// The whole tree of so many leaves; at least one.
    public static func tree(ofSize size: Int) -> Subtree { Subtree(from: 0, to: size) }

    /// Its root.
    ///
    /// - Parameter hashes: those of ``places``, in their order.
    public func root(_ hashes: [MerkleTree.Hash]) -> MerkleTree.Hash {
        precondition(hashes.count == places.count, "A subtree's root takes the hash of each of its parts.")
        return MerkleTree.join(hashes) ?? MerkleTree.emptyRoot
    }
}
