import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI

/// Users signed in.
struct SessionsService: Sessions.Service {
    /// How long a session lasts: 12 hours.
    static let lifetimeMicroseconds: Int64 = 12 * 3_600 * 1_000_000
    /// Sessions of one user; a further one ends the oldest.
    static let maximumSessions = 20
    /// Attempts for one address of one brand in one window.
    static let maximumAttempts = 5
    /// Wrong attempts from one origin in one window, whichever addresses they try.
    static let maximumAttemptsOfOrigin = 50
    static let attemptWindowMicroseconds: Int64 = 15 * 60 * 1_000_000

    let runtime: ServiceRuntime
    let secrets: StaffSecrets
    let passwords: Passwords
    let codes: AuthenticatorCodes
    let users = UserStore()
    let sessions = SessionStore()
    let brands = BrandStore()
    let keys = KeyStore()

    init(runtime: ServiceRuntime, secrets: StaffSecrets, passwords: Passwords, codes: AuthenticatorCodes) {
        self.runtime = runtime
        self.secrets = secrets
        self.passwords = passwords
        self.codes = codes
    }

    /// Signs somebody in. An address that is nobody's costs the same, and is refused in the same words, as a wrong
    /// password; each attempt is counted before anything is compared, so that many at once count too.
    func create(
        _ params: Sessions.Create.Params, for call: CallContext
    ) async throws(RPCError) -> Sessions.Create.Reply {
        let file = runtime.databases.serviceFile
        let (users, sessions, brands, secrets, codes) = (users, sessions, brands, secrets, codes)
        let (brand, email) = (params.brandId, params.email.lowercased())
        let attempt = try secrets.digest(of: email, for: "sign-in", brand: brand).bytes
        let origin = try call.origin.map { origin throws(RPCError) in
            try secrets.digest(of: origin, for: "sign-in-origin", brand: Self.noBrand).bytes
        }
        try await runtime.write(file) { transaction throws(RPCError) in
            try Self.count(attempt, of: origin, at: call.now, sessions, in: transaction)
        }.get()
        let known = try await runtime.read(file) { transaction throws(RPCError) in
            try users.credentials(email: email, of: brand, in: transaction)
        }
        let nobody = [UInt8](repeating: 0, count: Passwords.digestByteCount)
        let salt = known?.salt ?? [UInt8](repeating: 0, count: Passwords.saltByteCount)
        let digest = try await passwords.digest(of: params.password, salt: salt)
        guard constantTimeEqual(digest, known?.digest ?? nobody), let known else { throw .signInRefused }
        return try await runtime.write(file) { transaction throws(RPCError) in
            guard let user = try users.credentials(of: known.user, in: transaction), user.digest == known.digest,
                let status = try brands.find(brand, in: transaction)?.status, status == .active || status == .suspended
            else { throw .signInRefused }
            try codes.check(params.code, of: user, brand: brand, at: call.now, in: transaction)
            try sessions.forgetAttempts(attempt, in: transaction)
            if let origin { try sessions.takeBackAttempt(origin, in: transaction) }
            let token = try secrets.token(.session)
            let record = SessionRecord(
                id: transaction.newID(at: call.now), userId: user.user, brandId: brand, scopes: params.scopes,
                createdAt: call.now,
                expiresAt: Timestamp(microseconds: call.now.microseconds + Self.lifetimeMicroseconds))
            try sessions.insert(
                record, kid: token.kid, digest: secrets.digest(of: token.secret, for: token.kid, brand: brand),
                in: transaction)
            try sessions.trim(of: user.user, keeping: Self.maximumSessions, at: call.now, in: transaction)
            return Sessions.Create.Reply(token: token.text, record: record)
        }
    }

    /// Counts an attempt for an address and its origin.
    ///
    /// - Returns: a failure when there were too many; the counts stay.
    private static func count(
        _ attempt: [UInt8], of origin: [UInt8]?, at time: Timestamp, _ sessions: SessionStore,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Result<Void, RPCError> {
        if let origin,
            let again = try sessions.attempt(
                origin, limit: maximumAttemptsOfOrigin, windowMicroseconds: attemptWindowMicroseconds, at: time,
                in: transaction)
        {
            return .failure(.tooManyAttempts(maximumAttemptsOfOrigin, "from where you are", until: again, now: time))
        }
        if let again = try sessions.attempt(
            attempt, limit: maximumAttempts, windowMicroseconds: attemptWindowMicroseconds, at: time, in: transaction)
        {
            return .failure(.tooManyAttempts(maximumAttempts, "for this address", until: again, now: time))
        }
        return .success(())
    }

    func list(
        _ params: Sessions.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Sessions.List.Reply {
        Sessions.List.Reply(items: try sessions.list(of: call.user(), at: call.now, in: transaction))
    }

    func end(
        _ params: Sessions.End.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Sessions.End.Reply {
        guard try sessions.end(params.id, of: call.user(), in: transaction) else {
            throw .notFound("session", params.id)
        }
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        return Sessions.End.Reply(endedAt: call.now)
    }

    /// Proves a token. What the session may do is worked out anew each time: a role that changed holds at once.
    func verify(
        _ params: Sessions.Verify.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Sessions.Verify.Reply {
        let epoch = try keys.epoch(in: transaction)
        let proof = try sessions.proof(of: params.kid, in: transaction)
        let isRight = try secrets.isRight(
            params.secret, for: params.kid, brand: proof?.record.brandId ?? Self.noBrand,
            proof?.digest ?? Self.noDigest(secrets.peppers.current))
        guard isRight, let proof else { return Sessions.Verify.Reply(scopes: [], epoch: epoch) }
        let brand = try brands.find(proof.record.brandId, in: transaction)
        guard let brand, brand.status == .active || brand.status == .suspended else {
            return Sessions.Verify.Reply(scopes: [], epoch: epoch)
        }
        return Sessions.Verify.Reply(
            record: proof.record, scopes: RoleScopes.scopes(of: proof.role, asked: proof.record.scopes), epoch: epoch,
            brandSuspended: brand.status == .suspended ? true : nil)
    }

    private static let noBrand = UUIDv7(milliseconds: 0, sequence: 0, random: 0)

    private static func noDigest(_ version: Int) -> UserStore.Digest {
        UserStore.Digest(bytes: [UInt8](repeating: 0, count: HMACSHA256.tagByteCount), pepperVersion: version)
    }
}

extension RPCError {
    /// The same for an address that is nobody's, a wrong password and a wrong code.
    static let signInRefused = RPCError.unauthenticated("Brand, address, password or code is not right.")

    /// Told only to who is signed in.
    static let codeRefused = RPCError.unauthenticated("This code is not right, or has been used.")

    /// Told only to who has the password.
    static let codeMissing = RPCError.unauthenticated(
        "This user has an authenticator app: send the code it shows, or a recovery code, as code.")

    static func tooManyAttempts(_ count: Int, _ which: String, until time: Timestamp, now: Timestamp) -> RPCError {
        let milliseconds = max(1, (time.microseconds - now.microseconds) / 1_000)
        var data = JSONWriter(capacity: 64)
        data.beginObject()
        data.key("retryAfterMilliseconds")
        data.int(milliseconds)
        data.endObject()
        return RPCError(
            code: Code.rateLimited,
            message: "There were \(count) attempts \(which); try again after \(time).",
            data: try? JSONRaw(validating: data.bytes()))
    }
}
