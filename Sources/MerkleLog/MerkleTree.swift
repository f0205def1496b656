public import OpenSSL

/// The hashes of a Merkle tree over a list that only grows (RFC 6962, section 2.1).
///
/// Leaves and inner nodes are hashed under different prefixes, so that neither can be passed off as the other.
public enum MerkleTree {
    public typealias Hash = SHA256.Digest

    private static let leafPrefix: UInt8 = 0
    private static let nodePrefix: UInt8 = 1

    /// The root of a tree without leaves: the hash of nothing.
    public static let emptyRoot: Hash = SHA256.hash([UInt8]())

    /// The hash of an entry: SHA-256(0x00 ‖ entry).
    public static func leafHash(_ entry: [UInt8]) -> Hash {
        SHA256.hash([leafPrefix] + entry)
    }

    /// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
    public static func nodeHash(_ left: Hash, _ right: Hash) -> Hash {
        SHA256.hash([nodePrefix] + left.bytes + right.bytes)
    }

    /// The hash over neighbouring complete subtrees, each smaller than the one before, as the tree joins them: from
    /// the right.
    ///
    /// - Returns: nil for none.
    static func join(_ subtrees: some BidirectionalCollection<Hash>) -> Hash? {
        guard let last = subtrees.last else { return nil }
        return subtrees.dropLast().reversed().reduce(last) { nodeHash($1, $0) }
    }
}
