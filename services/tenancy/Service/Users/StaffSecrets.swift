import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Draws what staff hold, and makes the keyed hashes that are stored in its place.
struct StaffSecrets: Sendable {
    let peppers: KeyPeppers
    /// Random bytes fit for secrets.
    let random: @Sendable (Int) throws(OpenSSLError) -> [UInt8]

    func bytes(_ count: Int) throws(RPCError) -> [UInt8] {
        do {
            return try random(count)
        } catch {
            throw .internalError("\(error)")
        }
    }

    func token(_ kind: StaffToken.Kind) throws(RPCError) -> StaffToken {
        StaffToken(kind, random: try bytes(StaffToken.randomByteCount))
    }

    /// The digest to store. The purpose keeps a digest of one kind from being one of another.
    func digest(of secret: String, for purpose: String, brand: UUIDv7) throws(RPCError) -> UserStore.Digest {
        let bytes = try peppers.digest(of: secret, kid: purpose, brand: brand, version: peppers.current)
        return UserStore.Digest(bytes: bytes, pepperVersion: peppers.current)
    }

    /// Whether a digest is one of this secret, compared in constant time.
    func isRight(
        _ secret: String, for purpose: String, brand: UUIDv7, _ digest: UserStore.Digest
    ) throws(RPCError) -> Bool {
        let bytes = try peppers.digest(of: secret, kid: purpose, brand: brand, version: digest.pepperVersion)
        return constantTimeEqual(bytes, digest.bytes)
    }
}

extension CallContext {
    /// The user who calls.
    ///
    /// - Throws: forbidden when it is none, but a key, a service or the administrator.
    func user() throws(RPCError) -> UUIDv7 {
        guard principal.hasPrefix("user:"), let id = UUIDv7(String(principal.dropFirst(5))) else {
            throw .forbidden("This is for users who are signed in: sessions.create signs one in.")
        }
        return id
    }
}
