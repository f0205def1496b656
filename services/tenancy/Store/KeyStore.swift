import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
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
                (id, kid, brand, name, mode, scopes, industries, segments, rate, burst, daily_quota, monthly_quota,
                bucket, digest, pepper_version, status, created_at, expires_at, version)
            VALUES
                (:id, :kid, :brand, :name, :mode, :scopes, :industries, :segments, :rate, :burst, :daily, :monthly,
                :bucket, :digest, :pepper, 'active', :time, :end, :version)
            """,
            [
                ":id": key.id, ":kid": key.kid, ":brand": key.brandId, ":name": key.name, ":mode": key.mode.rawValue,
                ":scopes": Self.text(key.scopes), ":industries": Self.text(key.allowedIndustries.map(\.rawValue)),
                ":segments": Self.text(key.allowedSegments), ":rate": key.ratePerSecond, ":burst": key.burst,
                ":daily": key.dailyQuota, ":monthly": key.monthlyQuota, ":bucket": key.bucketId, ":digest": digest,
                ":pepper": pepperVersion, ":time": key.createdAt, ":end": key.expiresAt, ":version": key.version,
            ])
    }

    /// Replaces all that an update may change, unless the key is at another version than `version`.
    ///
    /// - Returns: whether it was.
    func update(_ key: Key, expecting version: Int, in transaction: borrowing WriteTransaction) throws(RPCError) -> Bool
    {
        try transaction.run(
            """
            UPDATE keys SET name = :name, scopes = :scopes, industries = :industries, segments = :segments,
                rate = :rate, burst = :burst, daily_quota = :daily, monthly_quota = :monthly, expires_at = :end,
                version = version + 1
            WHERE id = :id AND version = :version
            """,
            [
                ":name": key.name, ":scopes": Self.text(key.scopes),
                ":industries": Self.text(key.allowedIndustries.map(\.rawValue)),
                ":segments": Self.text(key.allowedSegments), ":rate": key.ratePerSecond, ":burst": key.burst,
                ":daily": key.dailyQuota, ":monthly": key.monthlyQuota, ":end": key.expiresAt, ":id": key.id,
                ":version": version,
            ]) == 1
    }

    /// Replaces what a key may, and its version.
    func set(_ access: LedgerAccess, of id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE keys SET scopes = :scopes, industries = :industries, segments = :segments, expires_at = :end,
                version = :version
            WHERE id = :id
            """,
            [
                ":scopes": Self.text(access.scopes), ":industries": Self.text(access.industries),
                ":segments": Self.text(access.segments), ":end": access.expiresAt, ":version": access.version,
                ":id": id,
            ])
    }

    /// Gives the keys that share a bucket with `key` its limits: one bucket has one of each.
    func shareLimits(of key: Key, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE keys SET rate = :rate, burst = :burst, daily_quota = :daily, monthly_quota = :monthly,
                version = version + 1
            WHERE brand = :brand AND bucket = :bucket AND id <> :id
                AND (rate, burst, daily_quota, monthly_quota) IS NOT (:rate, :burst, :daily, :monthly)
            """,
            [
                ":rate": key.ratePerSecond, ":burst": key.burst, ":daily": key.dailyQuota,
                ":monthly": key.monthlyQuota, ":brand": key.brandId, ":bucket": key.bucketId, ":id": key.id,
            ])
    }

    /// Ends a key at a time, because another took its place.
    func replace(
        _ id: UUIDv7, by successor: UUIDv7, endingAt end: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE keys SET replaced_by = :successor, expires_at = :end, version = version + 1 WHERE id = :id",
            [":successor": successor, ":end": end, ":id": id])
    }

    /// Adds to what a key was used for. One that is not there any more is left out.
    func use(_ use: KeyUse, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO key_usage (key, requests, tokens, last_used_at)
            SELECT id, :requests, :tokens, :time FROM keys WHERE id = :id
            ON CONFLICT (key) DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
                last_used_at = max(last_used_at, excluded.last_used_at)
            """, [":requests": use.requests, ":tokens": use.tokens, ":time": use.lastUsedAt, ":id": use.keyId])
    }

    func revoke(
        _ id: UUIDv7, at time: Timestamp, reason: String?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE keys SET status = 'revoked', revoked_at = :time, revoked_reason = :reason, version = version + 1
            WHERE id = :id
            """,
            [":time": time, ":reason": reason, ":id": id])
    }

    /// Revokes all keys of a brand that are not.
    func revokeAll(
        of brand: UUIDv7, at time: Timestamp, reason: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE keys SET status = 'revoked', revoked_at = :time, revoked_reason = :reason, version = version + 1
            WHERE brand = :brand AND status = 'active'
            """, [":time": time, ":reason": reason, ":brand": brand])
    }

    func find(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Key? {
        try transaction.one("SELECT * FROM key_records WHERE id = :id", [":id": id], Self.key)
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
            "SELECT * FROM key_records WHERE id > coalesce(:cursor, x'') ORDER BY id LIMIT :count",
            [":cursor": cursor, ":count": count], Self.key)
    }

    /// The oldest keys of a brand made after `cursor`.
    func list(
        of brand: UUIDv7, after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Key] {
        try transaction.all(
            """
            SELECT * FROM key_records WHERE brand = :brand AND id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
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
        guard let mode = KeyMode(rawValue: row.text(4)), let scopes = texts(row.text(5)),
            let industries = texts(row.text(6)), let segments = texts(row.text(7)),
            let status = Key.Status(rawValue: row.text(13))
        else { throw .internalError("The row of key \(row.uuid(0)) is not of its form.") }
        return Key(
            id: row.uuid(0), brandId: row.uuid(2), kid: row.text(1), name: row.text(3), mode: mode, scopes: scopes,
            allowedIndustries: try known(industries, of: row.uuid(0)), allowedSegments: segments,
            ratePerSecond: row.int(8), burst: row.int(9), dailyQuota: row.int64OrNil(10).map { Int($0) },
            monthlyQuota: row.int64OrNil(11).map { Int($0) }, bucketId: row.uuid(12), status: status,
            createdAt: row.timestamp(14), expiresAt: row.timestampOrNil(15), revokedAt: row.timestampOrNil(16),
            replacedById: row.uuidOrNil(17), requests: row.int(19), tokens: row.int(20),
            lastUsedAt: row.timestampOrNil(21), version: row.int(18))
    }

    private static func known(_ industries: [String], of key: UUIDv7) throws(RPCError) -> [Industry] {
        let known = industries.compactMap(Industry.init)
        guard known.count == industries.count else {
            throw .internalError("The row of key \(key) names an industry that this release does not know.")
        }
        return known
    }

    private static func text(_ array: [String]) -> String {
        String(decoding: array.json(), as: UTF8.self)
    }

    private static func texts(_ json: String) -> [String]? {
        try? [String](json: Array(json.utf8))
    }
}
