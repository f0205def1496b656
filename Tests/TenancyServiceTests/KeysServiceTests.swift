import CommonAPI
import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import OpenSSL
import ServiceKit
import Synchronization
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// API keys: made, proved, revoked.
@Suite struct KeysServiceTests {
    @Test("A key that was created is proved by its secret and listed without it")
    func create() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.brands.provision(.init(name: "Shop", mode: .test), for: tenancy.admin)
            let reply = try await tenancy.keys.create(
                .init(
                    brandId: brand.id, name: "web shop", scopes: ["signals:write", "*:read"], mode: .test,
                    ratePerSecond: 100, burst: 200, expiresAt: Timestamp("2027-01-01T00:00:00Z")), for: tenancy.admin)
            let key = try #require(APIKey(parsing: reply.key))
            #expect(key.mode == .test)
            #expect(key.kid == reply.record.kid)
            #expect(reply.record.brandId == brand.id)
            #expect(reply.record.scopes == ["signals:write", "*:read"])
            #expect(reply.record.ratePerSecond == 100)
            #expect(reply.record.burst == 200)
            #expect(reply.record.status == .active)
            #expect(reply.record.createdAt == tenancy.clock.now)
            #expect(reply.record.expiresAt == Timestamp("2027-01-01T00:00:00Z"))
            #expect(try await tenancy.verify(key) == .init(record: reply.record, epoch: 1, brandIndustry: .other))
            #expect(try await tenancy.keys.list(.init(), for: tenancy.admin) == .init(items: [reply.record]))
        }
    }

    @Test("A scope that opens no method is refused with its place, and nothing is made or changed")
    func scopesOfNoUse() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let record = try await tenancy.newKey(of: brand.id).1
            for scope in ["signals:fly", "Unknown:read", "nobody:*"] {
                await #expect {
                    try await tenancy.keys.create(
                        .init(brandId: brand.id, name: "b", scopes: ["signals:read", scope]), for: tenancy.admin)
                } throws: {
                    ($0 as? RPCError)?.message.hasPrefix("/params/scopes/1") == true
                }
                await #expect(throws: RPCError.self) {
                    try await tenancy.keys.update(
                        .init(id: record.id, version: record.version, scopes: [scope]), for: tenancy.admin)
                }
            }
            #expect(try await tenancy.keys.list(.init(), for: tenancy.admin).items.count == 1)
            for scope in ["*:*", "*:read", "signals:*"] {
                _ = try await tenancy.keys.create(
                    .init(brandId: brand.id, name: "b", scopes: [scope]), for: tenancy.admin)
            }
        }
    }

    @Test("A wrong secret, another key's secret, a wrong mode and an unknown kid all answer with the same bytes")
    func refusals() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (key, _) = try await tenancy.newKey(of: brand.id)
            let (other, _) = try await tenancy.newKey(of: brand.id)
            let zeros = String(repeating: "0", count: APIKey.secretLength)
            let refused: [Keys.Verify.Params] = [
                .init(kid: key.kid, secret: zeros, mode: .live), .init(kid: key.kid, secret: other.secret, mode: .live),
                .init(kid: key.kid, secret: "x", mode: .live), .init(kid: key.kid, secret: key.secret, mode: .test),
                .init(kid: "nobody00", secret: key.secret, mode: .live),
                .init(kid: "nobody00", secret: zeros, mode: .live),
                .init(kid: String(key.kid.reversed()), secret: key.secret, mode: .live),
            ]
            for params in refused {
                let bytes = try await tenancy.client.call(
                    "keys.verify", params: params.json(), context: tenancy.asGateway)
                #expect(String(decoding: bytes, as: UTF8.self) == #"{"epoch":2}"#)
            }
            #expect(try await tenancy.verify(key).record != nil)
        }
    }

    @Test("A key or a session lists the keys of its own brand, and no other's")
    func listOfOwn() async throws {
        try await withTenancy { tenancy in
            let (own, other) = (try await tenancy.newBrand(), try await tenancy.newBrand("Other"))
            let (_, record) = try await tenancy.newKey(of: own.id)
            _ = try await tenancy.newKey(of: other.id)
            let call = CallContext(brand: own.id, principal: "user:\(own.id)", scopes: ["keys:read"])
            #expect(try await tenancy.keys.list(.init(), for: call).items == [record])
            #expect(try await tenancy.keys.list(.init(brandId: own.id), for: call).items == [record])
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.list(.init(brandId: other.id), for: call)
            }
            #expect(failed == .notFound("brand", other.id))
        }
    }

    @Test("A revoked key is told as revoked by the very next proof")
    func revoke() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (key, record) = try await tenancy.newKey(of: brand.id)
            tenancy.clock.advance(milliseconds: 1_500)
            let reply = try await tenancy.keys.revoke(.init(id: record.id, reason: "leaked"), for: tenancy.admin)
            #expect(reply.revokedAt == tenancy.clock.now)
            let proved = try await tenancy.verify(key)
            #expect(proved.epoch == 2)
            #expect(proved.record?.status == .revoked)
            #expect(proved.record?.revokedAt == reply.revokedAt)
            #expect(try await tenancy.keys.list(.init(), for: tenancy.admin).items == [proved.record])
        }
    }

    @Test("A key that was revoked after a backup is revoked again when the backup is in use")
    func restored() async throws {
        let directory = TemporaryDirectory()
        let databases = URL(fileURLWithPath: directory.path + "/tenancy")
        let backup = URL(fileURLWithPath: directory.path + "/backup")
        let first = try Tenancy(in: directory)
        let (key, record) = try await first.newKey(of: try await first.newBrand().id)
        let (other, _) = try await first.newKey(of: record.brandId)
        await first.stop()
        try FileManager.default.copyItem(at: databases, to: backup)

        let second = try Tenancy(in: directory)
        let revocation = try await second.keys.revoke(.init(id: record.id, reason: "leaked"), for: second.admin)
        await second.stop()
        try FileManager.default.removeItem(at: databases)
        try FileManager.default.moveItem(at: backup, to: databases)

        let third = try Tenancy(in: directory)
        #expect(try await third.verify(key).record?.status == .active)
        for _ in 1...2 {
            try await third.keysService.revokeAgain(third.runtime)
            let proved = try await third.verify(key)
            #expect(proved.record?.status == .revoked)
            #expect(proved.record?.revokedAt == revocation.revokedAt)
            #expect(try await third.verify(other).record?.status == .active)
        }
        await third.stop()
    }

    @Test("A second revocation is a conflict that says when the first one was, and changes nothing")
    func revokeTwice() async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            _ = try await tenancy.keys.revoke(.init(id: record.id), for: tenancy.admin)
            tenancy.clock.advance(milliseconds: 1_000)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.revoke(.init(id: record.id), for: tenancy.admin)
            }
            #expect(failed == .conflict("This key was revoked at 2026-01-01T00:00:00Z."))
            #expect(try await tenancy.number("SELECT epoch FROM key_epoch") == 2)
        }
    }

    @Test("A revocation sent again under its idempotency key answers as the first did")
    func revokeIdempotently() async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            var call = tenancy.admin
            call.idempotencyKey = "once"
            let first = try await tenancy.keys.revoke(.init(id: record.id), for: call)
            tenancy.clock.advance(milliseconds: 1_000)
            #expect(try await tenancy.keys.revoke(.init(id: record.id), for: call) == first)
        }
    }

    @Test("What does not exist answers alike, whatever its id")
    func unknown() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            for text in ["01930000-0000-7000-8000-00000000ffff", "\(brand.id)"] {
                let id = try #require(UUIDv7(text))
                let revoked = await failure { () async throws(RPCError) in
                    try await tenancy.keys.revoke(.init(id: id), for: tenancy.admin)
                }
                #expect(revoked == .notFound("key", id))
            }
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            let created = await failure { () async throws(RPCError) in
                try await tenancy.keys.create(
                    .init(brandId: nobody, name: "a", scopes: ["signals:read"]), for: tenancy.admin)
            }
            #expect(created == .notFound("brand", nobody))
            #expect(try await tenancy.keys.list(.init(brandId: nobody), for: tenancy.admin).items.isEmpty)
            #expect(try await tenancy.number("SELECT epoch FROM key_epoch") == 0)
        }
    }

    @Test("A key cannot end before it begins", arguments: [(-1, false), (0, false), (1, true)])
    func expiry(milliseconds: Int64, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let end = Timestamp(microseconds: tenancy.clock.now.microseconds + milliseconds * 1_000)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.create(
                    .init(brandId: brand.id, name: "a", scopes: ["signals:read"], expiresAt: end), for: tenancy.admin)
            }
            #expect((failed == nil) == isAllowed)
            if let failed { #expect(failed.message == "/params/expiresAt: must be in the future") }
        }
    }

    @Test("Every change of a key raises the epoch and is told to the gateway, in order")
    func epochs() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (first, record) = try await tenancy.newKey(of: brand.id)
            let (second, _) = try await tenancy.newKey(of: brand.id)
            _ = try await tenancy.keys.revoke(.init(id: record.id), for: tenancy.admin)
            // The reply waited for the gateway: nothing is left to wait for here.
            let told = tenancy.gateway.messages
            #expect(told.map { $0["topic"]?.string } == Array(repeating: "keys.changed", count: 3))
            #expect(told.map { $0["body"]?["kid"]?.string } == [first.kid, second.kid, first.kid])
            #expect(told.map { $0["body"]?["epoch"]?.int64 } == [1, 2, 3])
        }
    }

    @Test("A revocation is answered only when the gateway has acknowledged it")
    func revocationWaits() async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            try await tenancy.eventually { !tenancy.gateway.messages.isEmpty }
            tenancy.gateway.setHeld(true)
            let answered = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await tenancy.keys.revoke(.init(id: record.id), for: tenancy.admin)
                    answered.set()
                }
                try await tenancy.eventually { tenancy.gateway.messages.count == 2 }
                try await Task.sleep(for: .milliseconds(50))
                #expect(!answered.isSet)
                tenancy.gateway.setHeld(false)
                try await group.waitForAll()
            }
            #expect(answered.isSet)
        }
    }

    @Test("A gateway that is down delays a revocation by its lease and not for ever")
    func revocationWithoutGateway() async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            try await tenancy.eventually { !tenancy.gateway.messages.isEmpty }
            tenancy.gateway.setDown(true)
            let start = ContinuousClock.now
            _ = try await tenancy.keys.revoke(.init(id: record.id), for: tenancy.admin)
            let waited = ContinuousClock.now - start
            #expect(waited >= .milliseconds(OutboxCourier.settlementMilliseconds))
            #expect(waited < .seconds(10))
            // It is told when it comes back.
            tenancy.gateway.setDown(false)
            try await tenancy.eventually { tenancy.gateway.messages.count == 2 }
        }
    }

    @Test("Lists join to the whole, of one brand or of all", arguments: [1, 2, 3, 4])
    func paging(limit: Int) async throws {
        try await withTenancy { tenancy in
            let brands = [try await tenancy.newBrand("A"), try await tenancy.newBrand("B")]
            var created: [Key] = []
            for number in 0..<6 { created.append(try await tenancy.newKey(of: brands[number % 2].id).record) }
            for brand in [nil, brands[0].id, brands[1].id] {
                var listed: [Key] = []
                var cursor: String?
                repeat {
                    let page = try await tenancy.keys.list(
                        .init(brandId: brand, cursor: cursor, limit: limit), for: tenancy.admin)
                    listed += page.items
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(listed == created.filter { brand == nil || $0.brandId == brand })
            }
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.list(.init(cursor: "1"), for: tenancy.admin)
            }
            #expect(failed == .invalidCursor)
        }
    }

    @Test("A kid that is taken is drawn again, but not for ever")
    func takenKids() async throws {
        let draws = Atomic(0)
        let random: @Sendable (Int) throws(OpenSSLError) -> [UInt8] = { count in
            // The same bytes three times, then others, then the same for ever.
            let (_, draw) = draws.wrappingAdd(1, ordering: .relaxed)
            return Array(repeating: draw == 4 ? 4 : 1, count: count)
        }
        try await withTenancy(try Tenancy(random: random)) { tenancy in
            let brand = try await tenancy.newBrand()
            let (first, _) = try await tenancy.newKey(of: brand.id)
            let (second, _) = try await tenancy.newKey(of: brand.id)
            #expect(first.kid != second.kid)
            let drawsForTwo = draws.load(ordering: .relaxed)
            #expect(drawsForTwo == 4)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.create(
                    .init(brandId: brand.id, name: "a", scopes: ["signals:read"]), for: tenancy.admin)
            }
            #expect(failed?.code == RPCError.Code.internalError)
            let drawsInAll = draws.load(ordering: .relaxed)
            #expect(drawsInAll == 12)
        }
    }

    @Test("Scopes are noun:verb, 1 to 50 of them")
    func scopes() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let most = Array(repeating: "signals:write", count: 50)
            let cases: [([String], Bool)] = [
                ([], false), (["signals:write"], true), (["*:*"], true), (most, true), (most + ["signals:read"], false),
                (["signals"], false), (["signals:Write"], false), (["signals:write "], false), ([""], false),
            ]
            for (scopes, isAllowed) in cases {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.keys.create(
                        .init(brandId: brand.id, name: "a", scopes: scopes), for: tenancy.admin)
                }
                #expect((failed == nil) == isAllowed, "\(scopes)")
                if let failed { #expect(failed.message.hasPrefix("/params/scopes")) }
            }
        }
    }

    @Test("No byte of a secret or a pepper lies in any database, log or journal")
    func secretsStayOut() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            var secrets: [String] = []
            for _ in 0..<20 {
                let (key, record) = try await tenancy.newKey(of: brand.id)
                secrets.append(key.secret)
                _ = try await tenancy.verify(key)
                _ = try await tenancy.keys.revoke(.init(id: record.id, reason: "a test"), for: tenancy.admin)
            }
            var searched = 0
            let files = try tenancy.directory.files()
            let pepper = try #require(files.first { $0.name == "secrets/key-pepper-1" }).bytes
            for file in files where !file.name.hasPrefix("secrets/") {
                searched += file.bytes.count
                #expect(file.bytes.range(of: pepper) == nil, "\(file.name)")
                for secret in secrets {
                    #expect(file.bytes.range(of: Data(secret.utf8)) == nil, "\(file.name)")
                    #expect(file.bytes.range(of: Data(secret.utf8.dropLast(8))) == nil, "\(file.name)")
                }
            }
            // The search finds what is there.
            #expect(searched > 4_096)
            #expect(files.contains { $0.bytes.range(of: Data("web shop".utf8)) != nil })
        }
    }
}
