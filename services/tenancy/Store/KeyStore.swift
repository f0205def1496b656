import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// API keys without their secrets, as rows.
struct KeyStore {
    /// What a presented secret is held against.
    struct Proof {
        let id: UUIDv7
        let kid: String
        let brand: UUIDv7
        let digest: [UInt8]
        let pepperVersion: Int
    }

    func insert(
        _ key: Key, digest: [UInt8], pepperVersion: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO keys
                (id, kid, brand, name, mode, scopes, rate, burst, digest, pepper_version, status, created_at, expires_at)
            VALUES
                (:id, :kid, :brand, :name, :mode, :scopes, :rate, :burst, :digest, :pepper, 'active', :time, :end)
            """,
            [
                ":id": key.id, ":kid": key.kid, ":brand": key.brandId, ":name": key.name, ":mode": key.mode.rawValue,
                ":scopes": String(decoding: key.scopes.json(), as: UTF8.self), ":rate": key.ratePerSecond,
                ":burst": key.burst, ":digest": digest, ":pepper": pepperVersion, ":time": key.createdAt,
                ":end": key.expiresAt,
            ])
    }

    func revoke(
        _ id: UUIDv7, at time: Timestamp, reason: String?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE keys SET status = 'revoked', revoked_at = :time, revoked_reason = :reason WHERE id = :id",
            [":time": time, ":reason": reason, ":id": id])
    }

    func find(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Key? {
        try transaction.one(
            """
            SELECT id, kid, brand, name, mode, scopes, rate, burst, status, created_at, expires_at, revoked_at
            FROM keys WHERE id = :id
            """, [":id": id], Self.key)
    }

    func isTaken(kid: String, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM keys WHERE kid = :kid", [":kid": kid]) { _ in true } ?? false
    }

    /// The proof of the key with this kid, or else of the next one in their order: a kid that does not exist costs the
    /// same reading. The rest of the row is read only for who proved it.
    func proof(atOrAfter kid: String, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Proof?
    {
        try transaction.one(
            "SELECT id, kid, brand, digest, pepper_version FROM keys WHERE kid >= :kid ORDER BY kid LIMIT 1",
            [":kid": kid]
        ) { Proof(id: $0.uuid(0), kid: $0.text(1), brand: $0.uuid(2), digest: $0.bytes(3), pepperVersion: $0.int(4)) }
    }

    /// The oldest keys made after `cursor`.
    func list(
        after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Key] {
        try transaction.all(
            """
            SELECT id, kid, brand, name, mode, scopes, rate, burst, status, created_at, expires_at, revoked_at
            FROM keys WHERE id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.key)
    }

    /// The oldest keys of a brand made after `cursor`.
    func list(
        of brand: UUIDv7, after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Key] {
        try transaction.all(
            """
            SELECT id, kid, brand, name, mode, scopes, rate, burst, status, created_at, expires_at, revoked_at
            FROM keys WHERE brand = :brand AND id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count], Self.key)
    }

    /// The state of all keys together; grows with every change to any of them.
    func epoch(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT epoch FROM key_epoch") { $0.int(0) } ?? 0
    }

    /// Begins the next epoch.
    func nextEpoch(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int {
        try transaction.run("UPDATE key_epoch SET epoch = epoch + 1")
        return try epoch(in: transaction)
    }

    private static func key(_ row: Statement) throws(RPCError) -> Key {
        guard let mode = KeyMode(rawValue: row.text(4)), let status = Key.Status(rawValue: row.text(8)),
            let scopes = try? [String](json: Array(row.text(5).utf8))
        else { throw .internalError("The row of key \(row.uuid(0)) is not of its form.") }
        return Key(
            id: row.uuid(0), brandId: row.uuid(2), kid: row.text(1), name: row.text(3), mode: mode, scopes: scopes,
            ratePerSecond: row.int(6), burst: row.int(7), status: status, createdAt: row.timestamp(9),
            expiresAt: row.timestampOrNil(10), revokedAt: row.timestampOrNil(11))
    }
}
