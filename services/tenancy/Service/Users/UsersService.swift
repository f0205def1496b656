import JSON
import JSONRPC
import OpenSSL
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

/// Members of staff, each of one brand.
struct UsersService: Users.Service {
    /// Users of one brand.
    static let maximumUsers = 1_000
    /// How long an invitation is good for: 7 days.
    static let invitationMicroseconds: Int64 = 7 * 24 * 3_600 * 1_000_000

    let runtime: ServiceRuntime
    let secrets: StaffSecrets
    let passwords: Passwords
    /// Where it is written down what users may no longer do, so that no backup brings it back.
    let ledger: ErasureLedger
    let users = UserStore()
    let sessions = SessionStore()
    let brands = BrandStore()
    let keys = KeyStore()

    init(runtime: ServiceRuntime, secrets: StaffSecrets, passwords: Passwords, ledger: ErasureLedger) {
        self.runtime = runtime
        self.secrets = secrets
        self.passwords = passwords
        self.ledger = ledger
    }

    /// Invites somebody. Who has a password already keeps it: they are a user, and need no invitation.
    func invite(
        _ params: Users.Invite.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Invitation {
        let brand = try brands.brand(of: call, in: transaction).id
        let email = params.email.lowercased()
        try checkMayManage(params.role, brand, call, in: transaction)
        if let known = try users.find(email: email, of: brand, in: transaction) {
            guard known.status == .invited else {
                throw .conflict("This address is a user's already: \(known.id). users.update changes their role.")
            }
            try checkMayManage(known.role, brand, call, in: transaction)
            let changed = User(
                id: known.id, email: known.email, name: known.name, role: params.role, status: .invited,
                hasAuthenticator: false, createdAt: known.createdAt, version: known.version + 1)
            try checkNotLastOwner(known, becoming: params.role, brand, in: transaction)
            _ = try users.update(changed, expecting: known.version, in: transaction)
            try writeDown(changed, brand, mustBeInvited: true, at: call.now)
            return try invitation(of: changed, brand, at: call.now, in: transaction)
        }
        guard try users.count(of: brand, in: transaction) < Self.maximumUsers else {
            throw .conflict("This brand has \(Self.maximumUsers) users; remove one first.")
        }
        let user = User(
            id: transaction.newID(at: call.now), email: email, role: params.role, status: .invited,
            hasAuthenticator: false, createdAt: call.now, version: 1)
        try users.insert(user, of: brand, in: transaction)
        return try invitation(of: user, brand, at: call.now, in: transaction)
    }

    func accept(_ params: Users.Accept.Params, for call: CallContext) async throws(RPCError) -> Users.Accept.Reply {
        guard let token = StaffToken(.invitation, parsing: params.token) else { throw .invitationUnknown }
        let file = runtime.databases.serviceFile
        let (users, brands, secrets) = (users, brands, secrets)
        let found = try await runtime.read(file) { transaction throws(RPCError) in
            guard let found = try users.invited(by: token.kid, in: transaction),
                try secrets.isRight(token.secret, for: token.kid, brand: found.brand, found.invitation.digest),
                found.invitation.expiresAt > call.now
            else { throw .invitationUnknown }
            return found
        }
        let salt = try secrets.bytes(Passwords.saltByteCount)
        let digest = try await passwords.digest(of: params.password, salt: salt)
        try await runtime.write(file) { transaction throws(RPCError) in
            // Meanwhile it may have been taken, replaced, or the brand be on its way out.
            var context = call
            context.brand = found.brand
            _ = try brands.brand(of: context, in: transaction)
            guard
                try users.accept(token.kid, name: params.name, salt: salt, digest: digest, in: transaction)
            else { throw .invitationUnknown }
        }
        return Users.Accept.Reply(userId: found.user, brandId: found.brand)
    }

    func list(
        _ params: Users.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Users.List.Reply {
        let brand = try brands.brand(of: call, in: transaction).id
        let rows = try users.list(of: brand, after: Cursor.id(params.cursor), count: params.limit + 1, in: transaction)
        let page = Page(rows, limit: params.limit) { "\($0.id)" }
        return Users.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }

    func update(
        _ params: Users.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> User {
        let brand = try brands.brand(of: call, in: transaction).id
        let user = try find(params.id, brand, in: transaction)
        let role = params.role ?? user.role
        try checkMayManage(user.role, brand, call, in: transaction)
        try checkMayManage(role, brand, call, in: transaction)
        try checkNotLastOwner(user, becoming: role, brand, in: transaction)
        let changed = User(
            id: user.id, email: user.email, name: params.name ?? user.name, role: role, status: user.status,
            hasAuthenticator: user.hasAuthenticator, createdAt: user.createdAt, version: user.version + 1)
        guard try users.update(changed, expecting: params.version, in: transaction) else {
            throw .versionMismatch("user", expected: Int64(params.version), actual: Int64(user.version))
        }
        if role != user.role { try writeDown(changed, brand, at: call.now) }
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        return changed
    }

    func remove(
        _ params: Users.Remove.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Users.Remove.Reply {
        let brand = try brands.brand(of: call, in: transaction).id
        let user = try find(params.id, brand, in: transaction)
        try checkMayManage(user.role, brand, call, in: transaction)
        try checkNotLastOwner(user, becoming: nil, brand, in: transaction)
        try users.remove(user.id, in: transaction)
        try ledger.append(.user(user.id, of: brand, at: call.now))
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        return Users.Remove.Reply(removedAt: call.now)
    }

    func recover(
        _ params: Users.Recover.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Invitation {
        let brand = try brands.brand(of: call, in: transaction).id
        let user = try find(params.id, brand, in: transaction)
        try sessions.endAll(of: user.id, in: transaction)
        try keys.tellGateway(of: nil, at: call.now, in: transaction)
        let invited = User(
            id: user.id, email: user.email, name: user.name, role: user.role, status: .invited,
            hasAuthenticator: false, createdAt: user.createdAt, version: user.version + 1)
        _ = try users.update(invited, expecting: user.version, in: transaction)
        try writeDown(invited, brand, mustBeInvited: true, at: call.now)
        return try invitation(of: invited, brand, at: call.now, in: transaction)
    }

    // MARK: Rules

    private func writeDown(
        _ user: User, _ brand: UUIDv7, mustBeInvited: Bool = false, at time: Timestamp
    ) throws(RPCError) {
        let access = LedgerAccess(version: user.version, role: user.role.rawValue, mustBeInvited: mustBeInvited)
        try ledger.append(.user(user.id, of: brand, may: access, at: time))
    }

    private func invitation(
        of user: User, _ brand: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Invitation {
        let token = try secrets.token(.invitation)
        let end = Timestamp(microseconds: time.microseconds + Self.invitationMicroseconds)
        let digest = try secrets.digest(of: token.secret, for: token.kid, brand: brand)
        try users.invite(
            user.id, UserStore.Invitation(kid: token.kid, digest: digest, expiresAt: end), in: transaction)
        return Invitation(user: user, token: token.text, expiresAt: end)
    }

    private func find(
        _ id: UUIDv7, _ brand: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> User {
        guard let user = try users.find(id, of: brand, in: transaction) else { throw .notFound("user", id) }
        return user
    }

    /// Owners are the business of owners, and of the platform.
    private func checkMayManage(
        _ role: Role, _ brand: UUIDv7, _ call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard role == .owner, call.principal != "admin" else { return }
        if call.principal.hasPrefix("user:"),
            try users.find(call.user(), of: brand, in: transaction)?.role == .owner
        {
            return
        }
        throw .forbidden("Only an owner, or who runs this suite, makes, changes and removes owners.")
    }

    /// A brand that has owners keeps one.
    private func checkNotLastOwner(
        _ user: User, becoming role: Role?, _ brand: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard user.role == .owner, role != .owner, try users.owners(of: brand, in: transaction) == 1 else { return }
        throw .conflict("This is the brand's last owner; make somebody else one first.")
    }
}

extension RPCError {
    fileprivate static let invitationUnknown = RPCError.unauthenticated(
        "This invitation is not known, was taken already, or is over; ask for a new one.")
}
