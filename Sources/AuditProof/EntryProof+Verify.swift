public import CommonAPI
import MerkleLog
import OpenSSL

extension EntryProof {
    /// Half a sentence about what is wrong with it; nil: the entry is in the log whose head was signed by `head.keyId`.
    ///
    /// Whose key that is, it cannot show: compare `head.keyId` with what `gyre audit head` says.
    public var problem: String? {
        guard head.isSigned else { return "the head of the audit log has a signature that is none" }
        guard entry.computedLeafHash.description == entry.leafHash else {
            return "the audit entry is not the one whose hash is given"
        }
        let hashes = path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
        guard hashes.count == path.count, let root = MerkleTree.Hash(hexadecimal: head.rootHash) else {
            return "the proof holds a hash that is none"
        }
        let proof = InclusionProof(leafIndex: entry.leafIndex, treeSize: head.treeSize, path: hashes)
        return proof.isValid(leafHash: entry.computedLeafHash, root: root)
            ? nil : "the audit entry is not in the log that the head is of"
    }
}
