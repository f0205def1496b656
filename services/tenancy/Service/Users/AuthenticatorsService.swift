import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI

/// Codes of authenticator apps and recovery codes, held against what is stored of them.
struct AuthenticatorCodes: Sendable {
    /// Where the secret stands among sealed credentials.
    private static let name = "secret"

    let secrets: StaffSecrets
    let seal: CredentialSeal
    let users = UserStore()

    init(secrets: StaffSecrets, seal: CredentialSeal) {
        self.secrets = secrets
        self.seal = seal
    }

    /// Lets a user pass who has no authenticator, or shows one of its codes or a recovery code, each of which counts
    /// once.
    func check(
        _ code: String?, of user: UserStore.Credentials, brand: UUIDv7, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard user.isAuthenticatorConfirmed else { return }
        guard let code else { throw .codeMissing }
        if code.utf8.count == TOTP.digits { return try take(code, of: user, brand: brand, at: time, in: transaction) }
        var right: UserStore.Digest?
        for digest in try users.recoveryCodes(of: user.user, in: transaction)
        where try secrets.isRight(code.uppercased(), for: "recovery", brand: brand, digest) { right = digest }
        guard let right else { throw .signInRefused }
        try users.removeRecoveryCode(right, of: user.user, in: transaction)
    }

    /// Takes a code of the app.
    func take(
        _ code: String, of user: UserStore.Credentials, brand: UUIDv7, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let sealed = user.sealedAuthenticator else { throw .signInRefused }
        let opened = try seal.open(sealed, of: user.user, brand: brand)
        guard let secret = opened[Self.name].flatMap(Base32.decode) else {
            throw .internalError("The authenticator of user \(user.user) is not of its form.")
        }
        let step: Int64?
        do {
            step = try TOTP(secret: secret).step(
                of: code, atSeconds: time.microseconds / 1_000_000, after: user.authenticatorStep)
        } catch {
            throw .internalError("\(error)")
        }
        guard let step else { throw .signInRefused }
        try users.take(step: step, of: user.user, in: transaction)
    }

    func sealed(_ secret: String, of user: UUIDv7, brand: UUIDv7) throws(RPCError) -> [UInt8] {
        try seal.seal([Self.name: secret], of: user, brand: brand)
    }
}

/// The authenticator app of the user who calls.
struct AuthenticatorsService: Authenticators.Service {
    /// Recovery codes that a user gets.
    static let recoveryCodes = 10
    /// Random bytes of one: 80 bits, 16 characters.
    static let recoveryByteCount = 10

    let runtime: ServiceRuntime
    let codes: AuthenticatorCodes
    private let users = UserStore()
    private let brands = BrandStore()
    private let sessions = SessionStore()

    init(runtime: ServiceRuntime, codes: AuthenticatorCodes) {
        self.runtime = runtime
        self.codes = codes
    }

    func enroll(
        _ params: Authenticators.Enroll.Params, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> Authenticators.Enroll.Reply {
        let (user, brand) = try caller(call, in: transaction)
        let secret = Base32.encode(try codes.secrets.bytes(TOTP.secretByteCount))
        try users.setAuthenticator(
            codes.sealed(secret, of: user.user, brand: brand), of: user.user, in: transaction)
        let uri =
            "otpauth://totp/Gyre:\(user.user)?secret=\(secret)&issuer=Gyre&digits=\(TOTP.digits)"
            + "&period=\(TOTP.stepSeconds)"
        return Authenticators.Enroll.Reply(secret: secret, uri: uri)
    }

    func confirm(
        _ params: Authenticators.Confirm.Params, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> Authenticators.Confirm.Reply {
        let (user, brand) = try caller(call, in: transaction)
        try Self.said { () throws(RPCError) in
            try codes.take(params.code, of: user, brand: brand, at: call.now, in: transaction)
        }
        try users.confirmAuthenticator(of: user.user, in: transaction)
        var recoveryCodes: [String] = []
        for _ in 0..<Self.recoveryCodes {
            let code = Base32.encode(try codes.secrets.bytes(Self.recoveryByteCount))
            let digest = try codes.secrets.digest(of: code, for: "recovery", brand: brand)
            try users.addRecoveryCode(digest, of: user.user, in: transaction)
            recoveryCodes.append(code)
        }
        return Authenticators.Confirm.Reply(recoveryCodes: recoveryCodes)
    }

    /// Takes the authenticator away. Each attempt is counted before anything is compared, so that whoever found an open
    /// session does not find out the code.
    func remove(
        _ params: Authenticators.Remove.Params, for call: CallContext
    ) async throws(RPCError) -> Authenticators.Remove.Reply {
        let id = try call.user()
        let file = runtime.databases.serviceFile
        let (codes, users, brands, sessions) = (codes, users, brands, sessions)
        let attempt = try await runtime.write(file) { transaction throws(RPCError) in
            let brand = try brands.brand(of: call, in: transaction).id
            let attempt = try codes.secrets.digest(of: "\(id)", for: "authenticator", brand: brand).bytes
            let again = try sessions.attempt(
                attempt, limit: SessionsService.maximumAttempts,
                windowMicroseconds: SessionsService.attemptWindowMicroseconds, at: call.now, in: transaction)
            return (digest: attempt, again: again)
        }
        if let again = attempt.again {
            throw .tooManyAttempts(SessionsService.maximumAttempts, "for this user", until: again, now: call.now)
        }
        return try await runtime.write(file) { transaction throws(RPCError) in
            let brand = try brands.brand(of: call, in: transaction).id
            guard try users.find(id, of: brand, in: transaction) != nil,
                let user = try users.credentials(of: id, in: transaction), user.isAuthenticatorConfirmed
            else { throw .notFound("authenticator of user", id) }
            try Self.said { () throws(RPCError) in
                try codes.check(params.code, of: user, brand: brand, at: call.now, in: transaction)
            }
            try users.removeAuthenticator(of: id, in: transaction)
            try sessions.forgetAttempts(attempt.digest, in: transaction)
            return Authenticators.Remove.Reply(removedAt: call.now)
        }
    }

    /// Who is signed in may hear that it was the code.
    private static func said(_ check: () throws(RPCError) -> Void) throws(RPCError) {
        do throws(RPCError) {
            try check()
        } catch {
            throw error == .signInRefused ? .codeRefused : error
        }
    }

    /// The user who calls, who has no authenticator yet.
    private func caller(
        _ call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (UserStore.Credentials, brand: UUIDv7) {
        let id = try call.user()
        let brand = try brands.brand(of: call, in: transaction).id
        guard try users.find(id, of: brand, in: transaction) != nil,
            let user = try users.credentials(of: id, in: transaction)
        else { throw .notFound("user", id) }
        guard !user.isAuthenticatorConfirmed else {
            throw .conflict("This user has an authenticator; authenticators.remove takes it away.")
        }
        return (user, brand)
    }
}
