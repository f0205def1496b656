import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Users signed in, and attempts to, as rows.
struct SessionStore {
    /// What a presented token is held against.
    struct Proof {
        let record: SessionRecord
        let role: Role
        let digest: UserStore.Digest
    }

    func insert(
        _ session: SessionRecord, kid: String, digest: UserStore.Digest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO sessions (id, kid, user, scopes, digest, pepper_version, created_at, expires_at)
            VALUES (:id, :kid, :user, :scopes, :digest, :pepper, :time, :end)
            """,
            [
                ":id": session.id, ":kid": kid, ":user": session.userId,
                ":scopes": String(decoding: session.scopes.json(), as: UTF8.self), ":digest": digest.bytes,
                ":pepper": digest.pepperVersion, ":time": session.createdAt, ":end": session.expiresAt,
            ])
    }

    func proof(of kid: String, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Proof? {
        try transaction.one(
            """
            SELECT sessions.id, user, brand, scopes, sessions.created_at, expires_at, role, digest, pepper_version
            FROM sessions JOIN users ON users.id = user WHERE kid = :kid
            """, [":kid": kid]
        ) { row throws(RPCError) in
            guard let role = Role(rawValue: row.text(6)) else { throw .internalError("A session has no role.") }
            return Proof(
                record: try Self.record(row), role: role,
                digest: UserStore.Digest(bytes: row.bytes(7), pepperVersion: row.int(8)))
        }
    }

    /// Sessions of a user that have not ended, oldest first.
    func list(
        of user: UUIDv7, at time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SessionRecord] {
        try transaction.all(
            """
            SELECT sessions.id, user, brand, scopes, sessions.created_at, expires_at
            FROM sessions JOIN users ON users.id = user WHERE user = :user AND expires_at > :time ORDER BY sessions.id
            """, [":user": user, ":time": time], Self.record)
    }

    /// - Returns: whether the user had it.
    func end(_ id: UUIDv7, of user: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) -> Bool {
        try transaction.run("DELETE FROM sessions WHERE id = :id AND user = :user", [":id": id, ":user": user]) == 1
    }

    func endAll(of user: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM sessions WHERE user = :user", [":user": user])
    }

    /// Ends everybody's.
    func endAll(in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM sessions")
    }

    /// Forgets a user's sessions that ended by themselves, and all but the newest `count`.
    func trim(
        of user: UUIDv7, keeping count: Int, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            DELETE FROM sessions WHERE user = :user AND (expires_at <= :time OR id NOT IN (
                SELECT id FROM sessions WHERE user = :user AND expires_at > :time ORDER BY id DESC LIMIT :count))
            """, [":user": user, ":time": time, ":count": count])
    }

    // MARK: Attempts

    /// Counts an attempt, before it is known how it ends.
    ///
    /// - Returns: when attempts are taken again; nil when this one is.
    func attempt(
        _ digest: [UInt8], limit: Int, windowMicroseconds: Int64, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Timestamp? {
        // A few old ones go with each new one, so that the table stays as small as one window's attempts.
        try transaction.run(
            """
            DELETE FROM sign_in_attempts WHERE digest IN (
                SELECT digest FROM sign_in_attempts WHERE began_at <= :limit ORDER BY began_at LIMIT 3)
                OR digest = :digest AND began_at <= :limit
            """, [":limit": time.microseconds - windowMicroseconds, ":digest": digest])
        let earlier = try transaction.one(
            "SELECT attempts, began_at FROM sign_in_attempts WHERE digest = :digest", [":digest": digest]
        ) { (attempts: $0.int(0), began: $0.int64(1)) }
        if let earlier, earlier.attempts >= limit {
            return Timestamp(microseconds: earlier.began + windowMicroseconds)
        }
        try transaction.run(
            """
            INSERT INTO sign_in_attempts (digest, attempts, began_at) VALUES (:digest, 1, :time)
            ON CONFLICT (digest) DO UPDATE SET attempts = attempts + 1
            """, [":digest": digest, ":time": time])
        return nil
    }

    /// One attempt turned out to be right.
    func takeBackAttempt(_ digest: [UInt8], in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE digest = :digest AND attempts > 0",
            [":digest": digest])
    }

    func forgetAttempts(_ digest: [UInt8], in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM sign_in_attempts WHERE digest = :digest", [":digest": digest])
    }

    private static func record(_ row: Statement) throws(RPCError) -> SessionRecord {
        guard let scopes = try? [String](json: Array(row.text(3).utf8)) else {
            throw .internalError("The row of session \(row.uuid(0)) is not of its form.")
        }
        return SessionRecord(
            id: row.uuid(0), userId: row.uuid(1), brandId: row.uuid(2), scopes: scopes, createdAt: row.timestamp(4),
            expiresAt: row.timestamp(5))
    }
}
