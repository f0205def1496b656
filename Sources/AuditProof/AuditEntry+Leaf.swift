public import CommonAPI
import JSON
public import MerkleLog

extension AuditEntry {
    /// What is hashed of an entry: its members but `leafIndex` and `leafHash`, as canonical JSON (RFC 8785).
    ///
    /// That is UTF-8 without white space, members in the order of their names, and in strings nothing escaped but
    /// quotes, backslashes and control characters, these as `\b`, `\t`, `\n`, `\f`, `\r` or `\u00` with two lower-case
    /// digits. A `brandId` or a `nextKey` that is absent is left
    /// out. Ids and moments are the texts of the contract: a verifier hashes
    /// the strings that it got, and needs to understand none of them.
    public var leafBytes: [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.key("at")
        at.write(to: &writer)
        if let brandId {
            writer.key("brandId")
            brandId.write(to: &writer)
        }
        writer.key("fields")
        fields.write(to: &writer)
        writer.key("id")
        id.write(to: &writer)
        writer.key("ids")
        ids.write(to: &writer)
        writer.key("method")
        writer.string(method)
        if let nextKey {
            writer.key("nextKey")
            writer.beginObject()
            writer.key("previousKey")
            writer.string(nextKey.previousKey)
            writer.key("publicKey")
            writer.string(nextKey.publicKey)
            writer.key("signature")
            writer.string(nextKey.signature)
            writer.endObject()
        }
        writer.key("principal")
        writer.string(principal)
        writer.key("service")
        writer.string(service)
        writer.endObject()
        return writer.bytes()
    }

    /// The hash of the entry as it stands here, whatever ``leafHash`` says.
    public var computedLeafHash: MerkleTree.Hash { MerkleTree.leafHash(leafBytes) }
}
