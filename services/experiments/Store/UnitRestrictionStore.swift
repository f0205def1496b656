import JSON
import JSONRPC
import SQLite
import ServiceContract

/// Whose data may be kept and not used: keyed hashes of identifiers.
struct UnitRestrictionStore: Sendable {
    /// - Returns: whether anything changed.
    @discardableResult
    func place(
        _ kind: String, on digest: [UInt8], request: UUIDv7? = nil, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            """
            INSERT INTO unit_restrictions (digest, kind, request, since) VALUES (:digest, :kind, :request, :time)
            ON CONFLICT DO NOTHING
            """, [":digest": digest, ":kind": kind, ":request": request, ":time": time]) > 0
    }

    func lift(
        _ kind: String, from digest: [UInt8], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM unit_restrictions WHERE digest = :digest AND kind = :kind",
            [":digest": digest, ":kind": kind])
    }

    /// Lifts all that a privacy request placed, also under identifiers that nobody else knows.
    func lift(
        _ kind: String, of request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM unit_restrictions WHERE request = :request AND kind = :kind",
            [":request": request, ":kind": kind])
    }

    /// Most brands have restricted nobody: then no hash is computed.
    func isEmpty(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM unit_restrictions LIMIT 1") { _ in false } ?? true
    }

    func contains(
        _ digest: [UInt8], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM unit_restrictions WHERE digest = :digest", [":digest": digest]) { _ in true }
            ?? false
    }
}
