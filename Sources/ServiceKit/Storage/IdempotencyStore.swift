import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract

/// Replies to calls that carried an idempotency key, kept in the transaction of their effect.
enum IdempotencyStore {
    /// How long a reply is kept.
    static let retentionMicroseconds: Int64 = 24 * 3_600 * 1_000_000
    /// Old replies removed with each new one, so that the table stays as small as a day's calls.
    private static let removedAtOnce = 2

    struct Key {
        let principal: String
        let method: String
        let key: String
        let params: [UInt8]
    }

    /// The reply to an earlier call with this key, or nil.
    ///
    /// - Throws: idempotencyMismatch when the earlier call had other parameters.
    static func reply(
        to key: Key, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [UInt8]? {
        let earlier = try transaction.one(
            """
            SELECT params_hash, reply FROM idempotency_replies
            WHERE principal = :principal AND method = :method AND key = :key AND created_at >= :limit
            """,
            [
                ":principal": key.principal, ":method": key.method, ":key": key.key,
                ":limit": time.microseconds - retentionMicroseconds,
            ]
        ) { ($0.bytes(0), Array($0.text(1).utf8)) }
        guard let (hash, reply) = earlier else { return nil }
        guard hash == SHA256.hash(key.params).bytes else { throw .idempotencyMismatch }
        return reply
    }

    static func keep(
        _ reply: [UInt8], for key: Key, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT OR REPLACE INTO idempotency_replies (principal, method, key, params_hash, reply, created_at)
            VALUES (:principal, :method, :key, :hash, :reply, :time)
            """,
            [
                ":principal": key.principal, ":method": key.method, ":key": key.key,
                ":hash": SHA256.hash(key.params).bytes, ":reply": String(decoding: reply, as: UTF8.self), ":time": time,
            ])
        try transaction.run(
            """
            DELETE FROM idempotency_replies WHERE (principal, method, key) IN (
                SELECT principal, method, key FROM idempotency_replies
                WHERE created_at < :limit ORDER BY created_at LIMIT :count)
            """,
            [":limit": time.microseconds - retentionMicroseconds, ":count": removedAtOnce])
    }
}
