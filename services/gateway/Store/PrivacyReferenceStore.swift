import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// What the senders of privacy requests call them, and when the persons asked.
struct PrivacyReferenceStore {
    /// - Parameter contentDigest: a keyed hash of what was sent.
    func insert(
        _ reference: String?, contentDigest: [UInt8]?, submittedAt: Timestamp?, of request: UUIDv7, brand: UUIDv7,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO privacy_references (request, brand, reference, content_digest, submitted_at)
            VALUES (:request, :brand, :reference, :digest, :submitted)
            """,
            [
                ":request": request, ":brand": brand, ":reference": reference, ":digest": contentDigest,
                ":submitted": submittedAt,
            ])
    }

    /// The request that its sender calls so, with the hash of what was sent.
    func find(
        _ reference: String, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (request: UUIDv7, contentDigest: [UInt8]?)? {
        try transaction.one(
            "SELECT request, content_digest FROM privacy_references WHERE brand = :brand AND reference = :reference",
            [":brand": brand, ":reference": reference]
        ) { ($0.uuid(0), $0.bytesOrNil(1)) }
    }

    func reference(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> String? {
        try transaction.one(
            "SELECT reference FROM privacy_references WHERE request = :request AND reference IS NOT NULL",
            [":request": request]
        ) { $0.text(0) }
    }

    /// When the person asked, where that was said.
    func submittedAt(
        _ request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Timestamp? {
        try transaction.one(
            "SELECT submitted_at FROM privacy_references WHERE request = :request AND submitted_at IS NOT NULL",
            [":request": request]
        ) { $0.timestamp(0) }
    }
}
