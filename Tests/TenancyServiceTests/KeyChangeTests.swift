import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// API keys over their life: changed, rotated, used.
@Suite struct KeyChangeTests {
    @Test("An update changes what it names, keeps the rest, and is what the next proof tells")
    func update() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let reply = try await tenancy.keys.create(
                .init(
                    brandId: brand.id, name: "a", scopes: ["signals:read"], allowedIndustries: [.retail, .finance],
                    allowedSegments: ["regulars"], dailyQuota: 10, monthlyQuota: 100), for: tenancy.admin)
            let key = try #require(APIKey(parsing: reply.key))
            #expect(reply.record.allowedIndustries == [.retail, .finance])
            #expect(reply.record.allowedSegments == ["regulars"])
            #expect(reply.record.dailyQuota == 10)
            #expect(reply.record.bucketId == reply.record.id)
            #expect(reply.record.version == 1)
            let end = try #require(Timestamp("2027-01-01T00:00:00Z"))
            let changed = try await tenancy.keys.update(
                .init(
                    id: reply.record.id, version: 1, name: "b", allowedIndustries: [], ratePerSecond: 7,
                    dailyQuota: .set(20), monthlyQuota: .clear, expiresAt: .set(end)), for: tenancy.admin)
            #expect(changed.name == "b")
            #expect(changed.scopes == ["signals:read"])
            #expect(changed.allowedIndustries == [])
            #expect(changed.allowedSegments == ["regulars"])
            #expect(changed.ratePerSecond == 7)
            #expect(changed.burst == reply.record.burst)
            #expect(changed.dailyQuota == 20)
            #expect(changed.monthlyQuota == nil)
            #expect(changed.expiresAt == end)
            #expect(changed.version == 2)
            #expect(try await tenancy.verify(key).record == changed)
            #expect(try await tenancy.keys.get(.init(id: changed.id), for: tenancy.admin) == changed)
            // The reply waited until the gateway had forgotten what the key could do before.
            #expect(tenancy.gateway.messages.map { $0["body"]?["epoch"]?.int64 } == [1, 2])
            let unbounded = try await tenancy.keys.update(
                .init(id: changed.id, version: 2, expiresAt: .clear), for: tenancy.admin)
            #expect(unbounded.expiresAt == nil)
        }
    }

    @Test("An update of another version than the key's changes nothing, and says which it is", arguments: [1, 3])
    func versions(version: Int) async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            _ = try await tenancy.keys.update(.init(id: record.id, version: 1, name: "b"), for: tenancy.admin)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.update(.init(id: record.id, version: version, name: "c"), for: tenancy.admin)
            }
            #expect(failed == .versionMismatch("key", expected: Int64(version), actual: 2))
            #expect(try await tenancy.keys.get(.init(id: record.id), for: tenancy.admin).name == "b")
            #expect(try await tenancy.number("SELECT epoch FROM key_epoch") == 2)
        }
    }

    @Test("A key that opens nothing any more is neither changed nor rotated, and one that never was is not found")
    func ended() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (_, revoked) = try await tenancy.newKey(of: brand.id)
            _ = try await tenancy.keys.revoke(.init(id: revoked.id), for: tenancy.admin)
            let expired = try await tenancy.keys.create(
                .init(
                    brandId: brand.id, name: "a", scopes: ["signals:read"],
                    expiresAt: Timestamp(microseconds: tenancy.clock.now.microseconds + 1_000)),
                for: tenancy.admin
            ).record
            tenancy.clock.advance(milliseconds: 1)
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            for (id, code) in [
                (revoked.id, RPCError.Code.illegalTransition), (expired.id, RPCError.Code.illegalTransition),
                (nobody, RPCError.Code.notFound),
            ] {
                let updated = await failure { () async throws(RPCError) in
                    try await tenancy.keys.update(.init(id: id, version: 1, name: "b"), for: tenancy.admin)
                }
                let rotated = await failure { () async throws(RPCError) in
                    try await tenancy.keys.rotate(.init(id: id, overlapMilliseconds: 1), for: tenancy.admin)
                }
                #expect(updated?.code == code)
                #expect(rotated == updated)
            }
            let shown = await failure { () async throws(RPCError) in
                try await tenancy.keys.get(.init(id: nobody), for: tenancy.admin)
            }
            #expect(shown == .notFound("key", nobody))
        }
    }

    @Test("A rotation makes a key that may do the same, in the same bucket; the old one ends after the overlap")
    func rotate() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let first = try await tenancy.keys.create(
                .init(
                    brandId: brand.id, name: "a", scopes: ["signals:read", "*:read"], allowedIndustries: [.health],
                    allowedSegments: ["x"], ratePerSecond: 3, burst: 4, dailyQuota: 5, monthlyQuota: 6),
                for: tenancy.admin)
            let old = try #require(APIKey(parsing: first.key))
            let rotation = try await tenancy.keys.rotate(
                .init(id: first.record.id, overlapMilliseconds: 1_500), for: tenancy.admin)
            let new = try #require(APIKey(parsing: rotation.key))
            #expect(new.kid != old.kid && new.secret != old.secret)
            let record = rotation.record
            #expect(record.bucketId == first.record.bucketId)
            #expect(record.scopes == first.record.scopes)
            #expect(record.allowedIndustries == [.health] && record.allowedSegments == ["x"])
            #expect([record.ratePerSecond, record.burst, record.dailyQuota, record.monthlyQuota] == [3, 4, 5, 6])
            #expect(record.expiresAt == nil)
            let end = Timestamp(microseconds: tenancy.clock.now.microseconds + 1_500_000)
            #expect(rotation.replacedEndsAt == end)
            let proved = try await tenancy.verify(old)
            #expect(proved.record?.expiresAt == end)
            #expect(proved.record?.replacedById == record.id)
            #expect(proved.record?.status == .active)
            #expect(try await tenancy.verify(new).record == record)
            #expect(tenancy.gateway.messages.map { $0["body"]?["epoch"]?.int64 } == [1, 2])
            // The one in its place can be rotated again, and the chain stays one bucket.
            let next = try await tenancy.keys.rotate(.init(id: record.id, overlapMilliseconds: 0), for: tenancy.admin)
            #expect(next.record.bucketId == first.record.bucketId)
            #expect(next.replacedEndsAt == tenancy.clock.now)
            let again = await failure { () async throws(RPCError) in
                try await tenancy.keys.rotate(.init(id: first.record.id, overlapMilliseconds: 1), for: tenancy.admin)
            }
            #expect(again?.code == RPCError.Code.conflict)
            #expect(again?.message.contains("\(record.id)") == true)
        }
    }

    @Test(
        "A limit that one of two keys with one bucket is given, the other has from then on; scopes are each one's own")
    func sharedLimits() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (old, record) = try await tenancy.newKey(of: brand.id)
            let (_, stranger) = try await tenancy.newKey(of: brand.id)
            let rotation = try await tenancy.keys.rotate(
                .init(id: record.id, overlapMilliseconds: 60_000), for: tenancy.admin)
            _ = try await tenancy.keys.update(
                .init(
                    id: rotation.record.id, version: 1, scopes: ["signals:read"], ratePerSecond: 1, burst: 1_000,
                    dailyQuota: .set(9)), for: tenancy.admin)
            let proved = try #require(try await tenancy.verify(old).record)
            #expect([proved.ratePerSecond, proved.burst, proved.dailyQuota, proved.version] == [1, 1_000, 9, 3])
            #expect(proved.scopes == ["signals:write"])
            // What changes no limit leaves it alone.
            _ = try await tenancy.keys.update(
                .init(id: rotation.record.id, version: 2, name: "b"), for: tenancy.admin)
            #expect(try await tenancy.verify(old).record?.version == 3)
            #expect(try await tenancy.keys.get(.init(id: stranger.id), for: tenancy.admin) == stranger)
        }
    }

    @Test("A rotation never lengthens the old key's life, and the new one ends with it unless told otherwise")
    func rotateExpiring() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let end = Timestamp(microseconds: tenancy.clock.now.microseconds + 1_000_000)
            let later = Timestamp(microseconds: tenancy.clock.now.microseconds + 2_000_000)
            for (given, expected) in [(nil, end), (later, later)] {
                let old = try await tenancy.keys.create(
                    .init(brandId: brand.id, name: "a", scopes: ["signals:read"], expiresAt: end), for: tenancy.admin)
                let rotation = try await tenancy.keys.rotate(
                    .init(id: old.record.id, overlapMilliseconds: 5_000, expiresAt: given), for: tenancy.admin)
                #expect(rotation.replacedEndsAt == end)
                #expect(rotation.record.expiresAt == expected)
                let revived = await failure { () async throws(RPCError) in
                    try await tenancy.keys.update(
                        .init(id: old.record.id, version: 2, expiresAt: .clear), for: tenancy.admin)
                }
                #expect(revived?.code == RPCError.Code.illegalTransition)
            }
        }
    }

    @Test(
        "An overlap is 0 ms to 30 days long",
        arguments: [(-1, false), (0, true), (2_592_000_000, true), (2_592_000_001, false)])
    func overlaps(milliseconds: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let (_, record) = try await tenancy.newKey(of: try await tenancy.newBrand().id)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.rotate(
                    .init(id: record.id, overlapMilliseconds: milliseconds), for: tenancy.admin)
            }
            #expect((failed == nil) == isAllowed)
            if let failed { #expect(failed.message.hasPrefix("/params/overlapMilliseconds")) }
        }
    }

    @Test(
        "Quotas are 1 to 1,000,000,000,000 units, of at most 7 industries and 100 segments",
        arguments: [
            (0, 0, 0, false), (1, 7, 100, true), (1_000_000_000_000, 0, 0, true), (1_000_000_000_001, 0, 0, false),
            (1, 8, 0, false), (1, 0, 101, false),
        ])
    func limits(quota: Int, industries: Int, segments: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.create(
                    .init(
                        brandId: brand.id, name: "a", scopes: ["signals:read"],
                        allowedIndustries: Array(repeating: .retail, count: industries),
                        allowedSegments: Array(repeating: "a", count: segments), dailyQuota: quota),
                    for: tenancy.admin)
            }
            #expect((failed == nil) == isAllowed)
        }
    }

    @Test("A test brand has test keys only, and a live brand live ones")
    func modes() async throws {
        try await withTenancy { tenancy in
            for mode in [KeyMode.live, .test] {
                let brand = try await tenancy.brands.provision(
                    .init(name: mode.rawValue, mode: mode), for: tenancy.admin)
                #expect(brand.mode == mode)
                for (given, isAllowed) in [(nil, true), (KeyMode.live, mode == .live), (.test, mode == .test)] {
                    do throws(RPCError) {
                        let reply = try await tenancy.keys.create(
                            .init(brandId: brand.id, name: "a", scopes: ["signals:read"], mode: given),
                            for: tenancy.admin)
                        #expect(isAllowed)
                        #expect(reply.record.mode == mode)
                        #expect(reply.key.hasPrefix("gy_\(mode.rawValue)_"))
                    } catch {
                        #expect(!isAllowed)
                        #expect(error.message.hasPrefix("/params/mode"))
                    }
                }
            }
        }
    }

    @Test("A brand that was begun in one mode is not finished in the other")
    func modeOfBegunBrand() async throws {
        let signals = PlayedService("signals")
        try await withTenancy(try Tenancy(siblings: [signals])) { tenancy in
            signals.setDown(true)
            _ = try? await tenancy.brands.provision(.init(name: "a", mode: .test), for: tenancy.admin)
            signals.setDown(false)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "a", mode: .live), for: tenancy.admin)
            }
            #expect(failed?.code == RPCError.Code.conflict)
            let brand = try await tenancy.brands.provision(.init(name: "a", mode: .test), for: tenancy.admin)
            #expect(brand.mode == .test)
        }
    }

    @Test("What the gateway counted is added exactly once, in whatever stretches it arrives")
    func usage() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let (_, first) = try await tenancy.newKey(of: brand.id)
            let (_, second) = try await tenancy.newKey(of: brand.id)
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            let times = try ["10", "30", "20"].map { try #require(Timestamp("2026-01-01T00:00:\($0)Z")) }
            let messages = try times.enumerated().map { index, time in
                let used = KeysUsed(items: [
                    KeyUse(keyId: first.id, requests: 10, tokens: index, lastUsedAt: time),
                    KeyUse(keyId: nobody, requests: 1, tokens: 1, lastUsedAt: time),
                ])
                return Message(sequence: index + 1, topic: "keys.used", body: try JSONRaw(validating: used.json()))
            }
            let sender = Messages.Client(tenancy.client)
            for range in [0..<1, 0..<2, 1..<3, 0..<3] {
                _ = try await sender.deliver(
                    .init(
                        sender: "gateway", incarnation: String(repeating: "a", count: 32),
                        messages: Array(messages[range])),
                    for: CallContext(principal: "service:gateway"))
            }
            let listed = try await tenancy.keys.list(.init(), for: tenancy.admin).items
            #expect(listed.map(\.requests) == [30, 0])
            #expect(listed.map(\.tokens) == [3, 0])
            #expect(listed.map(\.lastUsedAt) == [times[1], nil])
            #expect(listed.map(\.id) == [first.id, second.id])
            #expect(try await tenancy.keys.get(.init(id: first.id), for: tenancy.admin) == listed[0])
            // Being used is no change: nobody has to forget anything.
            #expect(listed.map(\.version) == [1, 1])
            #expect(try await tenancy.number("SELECT epoch FROM key_epoch") == 2)
            #expect(try await tenancy.number("SELECT count(*) FROM dead_letters") == 0)
        }
    }
}
