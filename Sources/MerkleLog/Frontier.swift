/// The right edge of a growing tree: all that is needed to append, and to know the root, in memory of log n hashes.
public struct Frontier: Hashable, Sendable {
    /// How many leaves there are.
    public private(set) var size = 0
    /// The roots of the complete subtrees, largest first: one for each one in the binary form of `size`.
    private var subtrees: [MerkleTree.Hash] = []

    public init() {}

    /// The root of the tree as it is now.
    public var root: MerkleTree.Hash { MerkleTree.join(subtrees) ?? MerkleTree.emptyRoot }

    /// Appends a leaf.
    public mutating func append(_ leaf: MerkleTree.Hash) {
        var hash = leaf
        for _ in NodePlace.joined(byLeaf: size) { hash = MerkleTree.nodeHash(subtrees.removeLast(), hash) }
        subtrees.append(hash)
        size += 1
    }
}
