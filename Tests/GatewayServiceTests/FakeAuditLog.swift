import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL

/// An audit log that has one entry: whichever is asked for.
enum FakeAuditLog {
    /// What tenancy's `auditLog.proveEntry` answers.
    static func proof(of params: [UInt8]) throws(RPCError) -> [UInt8] {
        guard let id = (try? JSONValue(parsing: params))?["entryId"]?.string.flatMap({ UUIDv7($0) }),
            let key = try? Ed25519.PrivateKey(rawRepresentation: Array(repeating: 9, count: 32))
        else { throw .internalError("no entry, or no key") }
        let now = Timestamp(microseconds: 0)
        func entry(_ hash: String) -> AuditEntry {
            AuditEntry(
                id: id, at: now, service: "gateway", principal: "service:gateway", method: "privacyRequests.complete",
                ids: [], fields: [], leafIndex: 0, leafHash: hash)
        }
        let leaf = entry("").computedLeafHash
        guard let head = try? SignedTreeHead.signing(treeSize: 1, root: leaf, at: now, with: key) else {
            throw .internalError("no head")
        }
        return EntryProof(entry: entry("\(leaf)"), path: [], head: head).json()
    }
}
