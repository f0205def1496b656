import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Staff and their credentials, as rows.
struct UserStore {
    /// A keyed hash and the version of its pepper.
    struct Digest: Equatable {
        let bytes: [UInt8]
        let pepperVersion: Int
    }

    struct Invitation {
        let kid: String
        let digest: Digest
        let expiresAt: Timestamp
    }

    /// What somebody who signs in is held against.
    struct Credentials {
        let user: UUIDv7
        let salt: [UInt8]
        let digest: [UInt8]
        let sealedAuthenticator: [UInt8]?
        let isAuthenticatorConfirmed: Bool
        let authenticatorStep: Int64?
    }

    func insert(_ user: User, of brand: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO users (id, brand, email, name, role, created_at, version)
            VALUES (:id, :brand, :email, :name, :role, :time, :version)
            """,
            [
                ":id": user.id, ":brand": brand, ":email": user.email, ":name": user.name,
                ":role": user.role.rawValue, ":time": user.createdAt, ":version": user.version,
            ])
    }

    /// Takes password, authenticator and recovery codes away and leaves an invitation in their place.
    func invite(_ id: UUIDv7, _ invitation: Invitation, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE users SET password_salt = NULL, password_digest = NULL, sealed_authenticator = NULL,
                authenticator_confirmed = 0, authenticator_step = NULL, invitation_kid = :kid,
                invitation_digest = :digest, invitation_pepper = :pepper, invitation_expires_at = :end
            WHERE id = :id
            """,
            [
                ":kid": invitation.kid, ":digest": invitation.digest.bytes,
                ":pepper": invitation.digest.pepperVersion, ":end": invitation.expiresAt, ":id": id,
            ])
        try transaction.run("DELETE FROM recovery_codes WHERE user = :id", [":id": id])
    }

    /// The user that an invitation is for.
    func invited(
        by kid: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (user: UUIDv7, brand: UUIDv7, invitation: Invitation)? {
        try transaction.one(
            """
            SELECT id, brand, invitation_digest, invitation_pepper, invitation_expires_at FROM users
            WHERE invitation_kid = :kid
            """, [":kid": kid]
        ) { row in
            (
                row.uuid(0), row.uuid(1),
                Invitation(
                    kid: kid, digest: Digest(bytes: row.bytes(2), pepperVersion: row.int(3)),
                    expiresAt: row.timestamp(4))
            )
        }
    }

    /// Takes an invitation, which is gone with it.
    ///
    /// - Returns: whether it was still there.
    func accept(
        _ kid: String, name: String, salt: [UInt8], digest: [UInt8], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            """
            UPDATE users SET name = :name, password_salt = :salt, password_digest = :digest, invitation_kid = NULL,
                invitation_digest = NULL, invitation_pepper = NULL, invitation_expires_at = NULL, version = version + 1
            WHERE invitation_kid = :kid
            """, [":name": name, ":salt": salt, ":digest": digest, ":kid": kid]) == 1
    }

    func update(_ user: User, expecting version: Int, in transaction: borrowing WriteTransaction) throws(RPCError)
        -> Bool
    {
        try transaction.run(
            "UPDATE users SET name = :name, role = :role, version = version + 1 WHERE id = :id AND version = :version",
            [":name": user.name, ":role": user.role.rawValue, ":id": user.id, ":version": version]) == 1
    }

    func remove(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM users WHERE id = :id", [":id": id])
    }

    /// Takes password, authenticator, recovery codes and invitation away.
    func disarm(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE users SET password_salt = NULL, password_digest = NULL, sealed_authenticator = NULL,
                authenticator_confirmed = 0, authenticator_step = NULL, invitation_kid = NULL,
                invitation_digest = NULL, invitation_pepper = NULL, invitation_expires_at = NULL
            WHERE id = :id
            """, [":id": id])
        try transaction.run("DELETE FROM recovery_codes WHERE user = :id", [":id": id])
    }

    func set(
        _ role: Role, version: Int, of id: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE users SET role = :role, version = :version WHERE id = :id",
            [":role": role.rawValue, ":version": version, ":id": id])
    }

    func find(
        _ id: UUIDv7, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> User? {
        try transaction.one(
            """
            SELECT id, email, name, role, password_digest IS NOT NULL, authenticator_confirmed, created_at, version
            FROM users WHERE id = :id AND brand = :brand
            """, [":id": id, ":brand": brand], Self.user)
    }

    func find(
        email: String, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> User? {
        try transaction.one(
            """
            SELECT id, email, name, role, password_digest IS NOT NULL, authenticator_confirmed, created_at, version
            FROM users WHERE email = :email AND brand = :brand
            """, [":email": email, ":brand": brand], Self.user)
    }

    /// The oldest users of a brand made after `cursor`.
    func list(
        of brand: UUIDv7, after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [User] {
        try transaction.all(
            """
            SELECT id, email, name, role, password_digest IS NOT NULL, authenticator_confirmed, created_at, version
            FROM users WHERE brand = :brand AND id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":brand": brand, ":cursor": cursor, ":count": count], Self.user)
    }

    func count(of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM users WHERE brand = :brand", [":brand": brand]) { $0.int(0) } ?? 0
    }

    func owners(of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one(
            "SELECT count(*) FROM users WHERE brand = :brand AND role = 'owner'", [":brand": brand]
        ) { $0.int(0) } ?? 0
    }

    // MARK: Signing in

    /// What an address signs in with; nil for nobody's, and for one that has not accepted.
    func credentials(
        email: String, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Credentials? {
        try transaction.one(
            """
            SELECT id, password_salt, password_digest, sealed_authenticator, authenticator_confirmed,
                authenticator_step
            FROM users WHERE brand = :brand AND email = :email AND password_digest IS NOT NULL
            """, [":brand": brand, ":email": email], Self.credentials)
    }

    func credentials(
        of user: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Credentials? {
        try transaction.one(
            """
            SELECT id, password_salt, password_digest, sealed_authenticator, authenticator_confirmed,
                authenticator_step
            FROM users WHERE id = :user AND password_digest IS NOT NULL
            """, [":user": user], Self.credentials)
    }

    func setAuthenticator(
        _ sealed: [UInt8], of user: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE users SET sealed_authenticator = :sealed, authenticator_step = NULL WHERE id = :user",
            [":sealed": sealed, ":user": user])
    }

    func confirmAuthenticator(of user: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE users SET authenticator_confirmed = 1, version = version + 1 WHERE id = :user", [":user": user])
    }

    /// Takes the authenticator and all recovery codes away.
    func removeAuthenticator(of user: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE users SET sealed_authenticator = NULL, authenticator_confirmed = 0, authenticator_step = NULL,
                version = version + 1
            WHERE id = :user
            """, [":user": user])
        try transaction.run("DELETE FROM recovery_codes WHERE user = :user", [":user": user])
    }

    /// Remembers that the code of a time step was taken.
    func take(step: Int64, of user: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE users SET authenticator_step = :step WHERE id = :user", [":step": step, ":user": user])
    }

    func addRecoveryCode(
        _ digest: Digest, of user: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO recovery_codes (user, digest, pepper_version) VALUES (:user, :digest, :pepper)",
            [":user": user, ":digest": digest.bytes, ":pepper": digest.pepperVersion])
    }

    func recoveryCodes(
        of user: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Digest] {
        try transaction.all(
            "SELECT digest, pepper_version FROM recovery_codes WHERE user = :user", [":user": user]
        ) { Digest(bytes: $0.bytes(0), pepperVersion: $0.int(1)) }
    }

    func removeRecoveryCode(
        _ digest: Digest, of user: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM recovery_codes WHERE user = :user AND digest = :digest",
            [":user": user, ":digest": digest.bytes])
    }

    private static func credentials(_ row: Statement) -> Credentials {
        Credentials(
            user: row.uuid(0), salt: row.bytes(1), digest: row.bytes(2), sealedAuthenticator: row.bytesOrNil(3),
            isAuthenticatorConfirmed: row.int(4) == 1, authenticatorStep: row.int64OrNil(5))
    }

    private static func user(_ row: Statement) throws(RPCError) -> User {
        guard let role = Role(rawValue: row.text(3)) else {
            throw .internalError("The row of user \(row.uuid(0)) is not of its form.")
        }
        return User(
            id: row.uuid(0), email: row.text(1), name: row.textOrNil(2), role: role,
            status: row.int(4) == 1 ? .active : .invited, hasAuthenticator: row.int(5) == 1,
            createdAt: row.timestamp(6), version: row.int(7))
    }
}
