public import CommonAPI
public import JSON
public import MerkleLog
public import OpenSSL

extension SignedTreeHead {
    /// Says what is signed: no signature made for anything else is one of a head.
    private static let context = Array("gyre audit tree head 1\n".utf8)

    /// Signs that the log is this, at this moment.
    public static func signing(
        treeSize: Int, root: MerkleTree.Hash, at timestamp: Timestamp, with key: Ed25519.PrivateKey
    ) throws(OpenSSLError) -> SignedTreeHead {
        let keyID = keyID(of: key.publicKey)
        let message = message(treeSize, root, timestamp, keyID)
        return SignedTreeHead(
            treeSize: treeSize, rootHash: root.description, timestamp: timestamp, keyId: keyID.description,
            publicKey: Hexadecimal.encode(key.publicKey.rawRepresentation),
            signature: Hexadecimal.encode(try key.signature(for: message)))
    }

    /// Names a key: the SHA-256 of its 32 bytes.
    public static func keyID(of key: Ed25519.PublicKey) -> SHA256.Digest {
        SHA256.hash(key.rawRepresentation)
    }

    /// Whether it is signed by the key it names. Whose key that is, is another question.
    public var isSigned: Bool {
        guard let root = MerkleTree.Hash(hexadecimal: rootHash), let keyID = SHA256.Digest(hexadecimal: keyId),
            let keyBytes = Hexadecimal.decode(publicKey), let signature = Hexadecimal.decode(signature),
            let key = try? Ed25519.PublicKey(rawRepresentation: keyBytes), Self.keyID(of: key) == keyID
        else { return false }
        let message = Self.message(treeSize, root, timestamp, keyID)
        return (try? key.isValid(signature: signature, for: message)) ?? false
    }

    /// The context, then timestamp in microseconds and tree size in 8 bytes each, highest first, then root and key id.
    private static func message(
        _ treeSize: Int, _ root: MerkleTree.Hash, _ timestamp: Timestamp, _ keyID: SHA256.Digest
    ) -> [UInt8] {
        context + bigEndian(timestamp.microseconds) + bigEndian(Int64(treeSize)) + root.bytes + keyID.bytes
    }

    private static func bigEndian(_ number: Int64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
