import Foundation
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Members of staff: invited, signed in, changed, removed.
@Suite struct UsersServiceTests {
    private static let password = "correct horse battery staple"

    @Test("Who was invited accepts once, signs in, and may do what their role may")
    func signIn() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let invitation = try await tenancy.users.invite(
                .init(email: "Ada@Example.org", role: .analyst), for: tenancy.inside(brand.id))
            #expect(invitation.user.status == .invited && invitation.user.email == "ada@example.org")
            #expect(invitation.token.hasPrefix("gy_invt_"))
            let early = try await tenancy.refusal(of: "ada@example.org", in: brand.id, Self.password)
            #expect(early == .signInRefused)
            let accepted = try await tenancy.users.accept(
                .init(token: invitation.token, name: "Ada", password: Self.password), for: tenancy.anyone)
            #expect(accepted == .init(userId: invitation.user.id, brandId: brand.id))
            let twice = await failure { () async throws(RPCError) in
                try await tenancy.users.accept(
                    .init(token: invitation.token, name: "Eve", password: Self.password), for: tenancy.anyone)
            }
            #expect(twice?.code == RPCError.Code.unauthenticated)
            let session = try await tenancy.sessions.create(
                .init(brandId: brand.id, email: "ADA@example.org", password: Self.password, scopes: ["*:read"]),
                for: tenancy.anyone)
            #expect(session.record.userId == accepted.userId && session.record.brandId == brand.id)
            let proof = try await tenancy.prove(session.token)
            #expect(proof.record == session.record)
            #expect(proof.scopes == Role.analyst.scopes.filter { $0.hasSuffix(":read") })
            let listed = try await tenancy.users.list(.init(), for: tenancy.inside(brand.id)).items
            #expect(listed.map(\.name) == ["Ada"] && listed.map(\.status) == [.active])
        }
    }

    @Test("A wrong password, an address that is nobody's and a brand that is none are refused with the same words")
    func refusals() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand("A")
            let other = try await tenancy.newBrand("B")
            _ = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            for (place, email, password) in [
                (brand.id, "ada@example.org", "wrong"), (brand.id, "eve@example.org", Self.password),
                (other.id, "ada@example.org", Self.password), (nobody, "ada@example.org", Self.password),
            ] {
                #expect(try await tenancy.refusal(of: email, in: place, password) == .signInRefused)
            }
        }
    }

    @Test(
        "Five attempts in a quarter of an hour, right or wrong, whoever's the address is; then the window has to pass")
    func attempts() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            _ = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            for email in ["ada@example.org", "eve@example.org"] {
                for _ in 1...SessionsService.maximumAttempts {
                    #expect(try await tenancy.refusal(of: email, in: brand.id, "wrong") == .signInRefused)
                }
                let limited = try await tenancy.refusal(of: email, in: brand.id, Self.password)
                #expect(limited?.code == RPCError.Code.rateLimited)
            }
            let window = SessionsService.attemptWindowMicroseconds / 1_000
            tenancy.clock.advance(milliseconds: window - 1)
            let still = try await tenancy.refusal(of: "ada@example.org", in: brand.id, Self.password)
            #expect(still?.code == RPCError.Code.rateLimited)
            tenancy.clock.advance(milliseconds: 1)
            #expect(try await tenancy.refusal(of: "ada@example.org", in: brand.id, Self.password) == nil)
            // Having signed in, one has all attempts again.
            #expect(try await tenancy.number("SELECT count(*) FROM sign_in_attempts") == 0)
        }
    }

    @Test(
        "Fifty wrong attempts from one origin in a quarter of an hour, whoever they try to be; right ones do not count")
    func origin() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            _ = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            func refusal(_ email: String, _ password: String, from origin: String) async -> RPCError? {
                await failure { () async throws(RPCError) in
                    try await tenancy.sessions.create(
                        .init(brandId: brand.id, email: email, password: password),
                        for: CallContext(principal: "anyone", origin: origin))
                }
            }
            for index in 1...SessionsService.maximumAttemptsOfOrigin {
                if index % 10 == 0 { #expect(await refusal("ada@example.org", Self.password, from: "2-7") == nil) }
                #expect(await refusal("nobody-\(index)@example.org", "wrong", from: "2-7") == .signInRefused)
            }
            let limited = await refusal("ada@example.org", Self.password, from: "2-7")
            #expect(limited?.code == RPCError.Code.rateLimited)
            #expect(await refusal("ada@example.org", Self.password, from: "2-8") == nil)
            tenancy.clock.advance(milliseconds: SessionsService.attemptWindowMicroseconds / 1_000)
            #expect(await refusal("ada@example.org", Self.password, from: "2-7") == nil)
        }
    }

    @Test("An authenticator goes for a code of its own or a recovery code, and no attempt to guess one goes on")
    func removal() async throws {
        try await withTenancy { tenancy in
            let (brand, email) = (try await tenancy.newBrand(), "ada@example.org")
            let user = try await tenancy.newUser(email, .owner, in: brand.id)
            let call = CallContext(brand: brand.id, principal: "user:\(user)", scopes: ["*:*"])
            func refusal(_ code: String) async -> RPCError? {
                await failure { () async throws(RPCError) in
                    try await tenancy.authenticators.remove(.init(code: code), for: call)
                }
            }
            func pair() async throws -> (codes: [String], totp: TOTP) {
                let enrolled = try await tenancy.authenticators.enroll(.init(), for: call)
                let totp = try TOTP(secret: try #require(Base32.decode(enrolled.secret)))
                let code = try totp.code(ofStep: TOTP.step(atSeconds: tenancy.clock.now.microseconds / 1_000_000))
                return (try await tenancy.authenticators.confirm(.init(code: code), for: call).recoveryCodes, totp)
            }
            let window = SessionsService.attemptWindowMicroseconds / 1_000
            #expect(await refusal("123456")?.code == RPCError.Code.notFound)
            let first = try await pair()
            #expect(await refusal(first.codes[0]) == nil)
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password) == nil)
            #expect(try await tenancy.number("SELECT count(*) FROM recovery_codes") == 0)
            tenancy.clock.advance(milliseconds: window)
            let second = try await pair()
            // The code that confirmed it has been used, and those of the first are worth nothing.
            for code in [first.codes[1], "AAAAAAAAAAAAAAAA"] { #expect(await refusal(code) == .codeRefused) }
            tenancy.clock.advance(milliseconds: window)
            for _ in 1...SessionsService.maximumAttempts {
                #expect(await refusal("AAAAAAAAAAAAAAAA") == .codeRefused)
            }
            let limited = await refusal(second.codes[0])
            #expect(limited?.code == RPCError.Code.rateLimited)
            #expect(try await tenancy.users.list(.init(), for: call).items.map(\.hasAuthenticator) == [true])
            tenancy.clock.advance(milliseconds: window)
            let code = try second.totp.code(ofStep: TOTP.step(atSeconds: tenancy.clock.now.microseconds / 1_000_000))
            #expect(await refusal(code) == nil)
            #expect(try await tenancy.users.list(.init(), for: call).items.map(\.hasAuthenticator) == [false])
            let asKey = await failure { () async throws(RPCError) in
                try await tenancy.authenticators.remove(.init(code: "123456"), for: tenancy.key(of: brand.id))
            }
            #expect(asKey?.code == RPCError.Code.forbidden)
        }
    }

    @Test(
        "An invitation is good for seven days, and a new one ends the one before", arguments: [(-1, true), (0, false)])
    func invitationEnds(offset: Int64, isGood: Bool) async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let first = try await tenancy.users.invite(
                .init(email: "ada@example.org", role: .viewer), for: tenancy.inside(brand.id))
            let second = try await tenancy.users.invite(
                .init(email: "ada@example.org", role: .operator), for: tenancy.inside(brand.id))
            #expect(second.user.id == first.user.id && second.user.role == .operator)
            let replaced = await failure { () async throws(RPCError) in
                try await tenancy.users.accept(
                    .init(token: first.token, name: "a", password: Self.password), for: tenancy.anyone)
            }
            #expect(replaced?.code == RPCError.Code.unauthenticated)
            tenancy.clock.advance(milliseconds: UsersService.invitationMicroseconds / 1_000 + offset)
            let taken = await failure { () async throws(RPCError) in
                try await tenancy.users.accept(
                    .init(token: second.token, name: "a", password: Self.password), for: tenancy.anyone)
            }
            #expect((taken == nil) == isGood)
        }
    }

    @Test("A password has 12 to 256 characters", arguments: [(11, false), (12, true), (256, true), (257, false)])
    func passwords(length: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let invitation = try await tenancy.users.invite(
                .init(email: "ada@example.org", role: .viewer), for: tenancy.inside(brand.id))
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.users.accept(
                    .init(token: invitation.token, name: "a", password: String(repeating: "x", count: length)),
                    for: tenancy.anyone)
            }
            #expect((failed == nil) == isAllowed)
        }
    }

    @Test("With an authenticator signing in takes a code too, each once, or a recovery code, each once")
    func authenticator() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let user = try await tenancy.newUser("ada@example.org", .viewer, in: brand.id)
            let call = CallContext(brand: brand.id, principal: "user:\(user)", scopes: ["*:*"])
            let enrolled = try await tenancy.authenticators.enroll(.init(), for: call)
            let totp = try TOTP(secret: try #require(Base32.decode(enrolled.secret)))
            #expect(enrolled.uri.contains("secret=\(enrolled.secret)") && !enrolled.uri.contains("ada"))
            // Not confirmed, it does not count.
            #expect(try await tenancy.refusal(of: "ada@example.org", in: brand.id, Self.password) == nil)
            func code() throws -> String {
                try totp.code(ofStep: TOTP.step(atSeconds: tenancy.clock.now.microseconds / 1_000_000))
            }
            let codes = try await tenancy.authenticators.confirm(.init(code: try code()), for: call).recoveryCodes
            #expect(codes.count == AuthenticatorsService.recoveryCodes && Set(codes).count == codes.count)
            let email = "ada@example.org"
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password) == .codeMissing)
            // The code that confirmed it was used.
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password, try code()) == .signInRefused)
            tenancy.clock.advance(milliseconds: 30_000)
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password, try code()) == nil)
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password, try code()) == .signInRefused)
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password, codes[3]) == nil)
            #expect(try await tenancy.refusal(of: email, in: brand.id, Self.password, codes[3]) == .signInRefused)
            #expect(try await tenancy.refusal(of: email, in: brand.id, "wrong", codes[4]) == .signInRefused)
            let again = await failure { () async throws(RPCError) in
                try await tenancy.authenticators.enroll(.init(), for: call)
            }
            #expect(again?.code == RPCError.Code.conflict)
        }
    }

    @Test("A session ends when its user ends it, and its owner alone can; a removed user has none")
    func ends() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let ada = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let eve = try await tenancy.newUser("eve@example.org", .viewer, in: brand.id)
            func call(_ user: UUIDv7) -> CallContext {
                CallContext(brand: brand.id, principal: "user:\(user)", scopes: ["*:*"])
            }
            let first = try await tenancy.signIn("ada@example.org", in: brand.id)
            let second = try await tenancy.signIn("eve@example.org", in: brand.id)
            #expect(try await tenancy.sessions.list(.init(), for: call(ada)).items == [first.record])
            let foreign = await failure { () async throws(RPCError) in
                try await tenancy.sessions.end(.init(id: first.record.id), for: call(eve))
            }
            #expect(foreign == .notFound("session", first.record.id))
            let told = tenancy.gateway.messages.count
            _ = try await tenancy.sessions.end(.init(id: first.record.id), for: call(ada))
            // The reply waited until the gateway had forgotten it.
            #expect(tenancy.gateway.messages.count == told + 1)
            let ended = try await tenancy.prove(first.token)
            #expect(ended.record == nil && ended.scopes == [])
            _ = try await tenancy.users.remove(.init(id: eve), for: call(ada))
            let removed = try await tenancy.prove(second.token)
            #expect(removed.record == nil)
        }
    }

    @Test("A user has at most 20 sessions: a further one ends the oldest")
    func sessionLimit() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let ada = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            var sessions: [SessionRecord] = []
            for _ in 0...SessionsService.maximumSessions {
                sessions.append(try await tenancy.signIn("ada@example.org", in: brand.id).record)
            }
            let call = CallContext(brand: brand.id, principal: "user:\(ada)", scopes: ["*:*"])
            let listed = try await tenancy.sessions.list(.init(), for: call).items
            #expect(listed == Array(sessions.dropFirst()))
            tenancy.clock.advance(milliseconds: SessionsService.lifetimeMicroseconds / 1_000)
            #expect(try await tenancy.sessions.list(.init(), for: call).items == [])
        }
    }

    @Test("A changed role holds at the next proof, a brand keeps an owner, and owners are the business of owners")
    func roles() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let owner = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let admin = try await tenancy.newUser("eve@example.org", .admin, in: brand.id)
            let asAdmin = CallContext(brand: brand.id, principal: "user:\(admin)", scopes: ["*:*"])
            let asOwner = CallContext(brand: brand.id, principal: "user:\(owner)", scopes: ["*:*"])
            let forbidden = [
                await failure { () async throws(RPCError) in
                    try await tenancy.users.update(.init(id: owner, version: 2, role: .viewer), for: asAdmin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.users.update(.init(id: admin, version: 2, role: .owner), for: asAdmin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.users.remove(.init(id: owner), for: asAdmin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.users.invite(.init(email: "x@example.org", role: .owner), for: asAdmin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.users.invite(
                        .init(email: "x@example.org", role: .owner), for: tenancy.key(of: brand.id))
                },
            ]
            #expect(forbidden.map { $0?.code } == Array(repeating: RPCError.Code.forbidden, count: 5))
            let last = await failure { () async throws(RPCError) in
                try await tenancy.users.update(.init(id: owner, version: 2, role: .viewer), for: asOwner)
            }
            #expect(last?.code == RPCError.Code.conflict)
            let session = try await tenancy.signIn("eve@example.org", in: brand.id)
            _ = try await tenancy.users.update(.init(id: admin, version: 2, role: .viewer), for: asOwner)
            let proof = try await tenancy.prove(session.token)
            #expect(proof.scopes == Role.viewer.scopes)
            let foreign = try await tenancy.newBrand("Other")
            let unseen = await failure { () async throws(RPCError) in
                try await tenancy.users.remove(.init(id: owner), for: tenancy.inside(foreign.id))
            }
            #expect(unseen == .notFound("user", owner))
        }
    }

    @Test("Who lost everything is let in again by the platform, and what they had opens nothing any more")
    func recovery() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let user = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let session = try await tenancy.signIn("ada@example.org", in: brand.id)
            let forbidden = await failure { () async throws(RPCError) in
                try await tenancy.users.recover(.init(id: user), for: tenancy.key(of: brand.id))
            }
            #expect(forbidden?.code == RPCError.Code.forbidden)
            let invitation = try await tenancy.users.recover(.init(id: user), for: tenancy.inside(brand.id))
            let proof = try await tenancy.prove(session.token)
            #expect(proof.record == nil)
            #expect(try await tenancy.refusal(of: "ada@example.org", in: brand.id, Self.password) == .signInRefused)
            _ = try await tenancy.users.accept(
                .init(token: invitation.token, name: "Ada", password: "another long password"), for: tenancy.anyone)
            let again = try await tenancy.refusal(of: "ada@example.org", in: brand.id, "another long password")
            #expect(again == nil)
        }
    }

    @Test("A suspended brand's sessions are told as such, and an erased one's are gone with its users")
    func brandStates() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand("Shop")
            _ = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let session = try await tenancy.signIn("ada@example.org", in: brand.id)
            _ = try await tenancy.brands.suspend(.init(id: brand.id), for: tenancy.admin)
            let suspended = try await tenancy.prove(session.token)
            #expect(suspended.brandSuspended == true)
            _ = try await tenancy.brands.erase(.init(id: brand.id, name: "Shop"), for: tenancy.admin)
            let erasing = try await tenancy.prove(session.token)
            #expect(erasing.record == nil)
            try await tenancy.eventually { try await tenancy.number("SELECT count(*) FROM users") == 0 }
        }
    }

    @Test("No byte of a password, token or code lies in any database, log or journal")
    func secrets() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let user = try await tenancy.newUser("ada@example.org", .owner, in: brand.id)
            let session = try await tenancy.signIn("ada@example.org", in: brand.id)
            let call = CallContext(brand: brand.id, principal: "user:\(user)", scopes: ["*:*"])
            let enrolled = try await tenancy.authenticators.enroll(.init(), for: call)
            let totp = try TOTP(secret: try #require(Base32.decode(enrolled.secret)))
            let step = TOTP.step(atSeconds: tenancy.clock.now.microseconds / 1_000_000)
            let codes = try await tenancy.authenticators.confirm(
                .init(code: try totp.code(ofStep: step)), for: call
            ).recoveryCodes
            let token = try #require(StaffToken(.session, parsing: session.token))
            for file in try tenancy.directory.files() where !file.name.hasPrefix("secrets/") {
                for secret in [Self.password, token.secret, enrolled.secret] + codes {
                    #expect(file.bytes.range(of: Data(secret.utf8)) == nil, "\(file.name)")
                }
            }
        }
    }
}

extension Tenancy {
    var anyone: CallContext { CallContext(principal: "anyone") }

    /// The administrator, in a brand.
    func inside(_ brand: UUIDv7) -> CallContext { CallContext(brand: brand, principal: "admin") }

    /// A user with the password of these tests.
    func newUser(_ email: String, _ role: Role, in brand: UUIDv7) async throws -> UUIDv7 {
        let invitation = try await users.invite(.init(email: email, role: role), for: inside(brand))
        return try await users.accept(
            .init(token: invitation.token, name: "a", password: "correct horse battery staple"), for: anyone
        ).userId
    }

    func signIn(_ email: String, in brand: UUIDv7) async throws -> Sessions.Create.Reply {
        try await sessions.create(
            .init(brandId: brand, email: email, password: "correct horse battery staple"), for: anyone)
    }

    /// What signing in fails with; nil when it does not.
    func refusal(
        of email: String, in brand: UUIDv7, _ password: String, _ code: String? = nil
    ) async throws -> RPCError? {
        await failure { () async throws(RPCError) in
            try await sessions.create(
                .init(brandId: brand, email: email, password: password, code: code), for: anyone)
        }
    }

    func prove(_ token: String) async throws -> Sessions.Verify.Reply {
        guard let token = StaffToken(.session, parsing: token) else {
            throw RPCError.internalError("This is no session's token.")
        }
        return try await sessions.verify(.init(kid: token.kid, secret: token.secret), for: asGateway)
    }
}
