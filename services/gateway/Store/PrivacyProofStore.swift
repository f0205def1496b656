import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Which audit entry says that a privacy request was completed.
struct PrivacyProofStore {
    func insert(
        _ entry: UUIDv7, of request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO privacy_audit_entries (request, entry) VALUES (:request, :entry)",
            [":request": request, ":entry": entry])
    }

    func entry(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        try transaction.one(
            "SELECT entry FROM privacy_audit_entries WHERE request = :request", [":request": request]
        ) { $0.uuid(0) }
    }
}
