import JSON
import JSONRPC
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Brands over their life: changed, suspended, erased.
@Suite struct BrandChangeTests {
    private let signals = PlayedService("signals")
    private let stimuli = PlayedService("stimuli")

    private func tenancy(in directory: TemporaryDirectory = TemporaryDirectory()) throws -> Tenancy {
        try Tenancy(in: directory, siblings: [signals, stimuli])
    }

    @Test("An update changes what it names and keeps the rest; one of another version changes nothing")
    func update() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand("Shop")
            let changed = try await tenancy.brands.update(
                .init(id: brand.id, version: 2, name: "Store", timeZone: "Asia/Tokyo"), for: tenancy.admin)
            #expect(changed.name == "Store" && changed.timeZone == "Asia/Tokyo")
            #expect(changed.currency == brand.currency && changed.industry == brand.industry)
            #expect(changed.version == 3)
            #expect(try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin) == changed)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.update(.init(id: brand.id, version: 2, name: "a"), for: tenancy.admin)
            }
            #expect(failed == .versionMismatch("brand", expected: 2, actual: 3))
        }
    }

    @Test(
        "A brand that changes its trade is of the new one in the very next proof of its keys, and no other change asks")
    func industry() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand()
            let (key, _) = try await tenancy.newKey(of: brand.id)
            let before = try await tenancy.verify(key)
            #expect(before.brandIndustry == .other)
            _ = try await tenancy.brands.update(
                .init(id: brand.id, version: 2, name: "b", industry: .other), for: tenancy.admin)
            #expect(tenancy.gateway.messages.count == 1)
            _ = try await tenancy.brands.update(.init(id: brand.id, version: 3, industry: .health), for: tenancy.admin)
            // The reply waited until the gateway had forgotten its keys.
            #expect(tenancy.gateway.messages.map { $0["body"]?["epoch"]?.int64 } == [1, 2])
            let after = try await tenancy.verify(key)
            #expect(after.brandIndustry == .health && after.epoch == 2)
        }
    }

    @Test("A brand cannot take the name of another one of its organisation, and may keep its own")
    func names() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let first = try await tenancy.newBrand("First")
            let second = try await tenancy.brands.provision(
                .init(name: "Second", organizationId: first.organizationId), for: tenancy.admin)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.update(.init(id: second.id, version: 2, name: "First"), for: tenancy.admin)
            }
            #expect(failed?.code == RPCError.Code.conflict)
            let kept = try await tenancy.brands.update(
                .init(id: second.id, version: 2, name: "Second"), for: tenancy.admin)
            #expect(kept.version == 3)
        }
    }

    @Test("The keys of a suspended brand are told as such by the very next proof, and open it again once it is resumed")
    func suspension() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand()
            let other = try await tenancy.newBrand("Other")
            let (key, _) = try await tenancy.newKey(of: brand.id)
            let (otherKey, _) = try await tenancy.newKey(of: other.id)
            let suspended = try await tenancy.brands.suspend(
                .init(id: brand.id, reason: "unpaid"), for: tenancy.admin)
            #expect(suspended.status == .suspended && suspended.version == 3)
            // The reply waited until the gateway had forgotten its keys.
            #expect(tenancy.gateway.messages.map { $0["body"]?["epoch"]?.int64 } == [1, 2, 3])
            let refused = try await tenancy.verify(key)
            #expect(refused.brandSuspended == true && refused.record?.status == .active && refused.epoch == 3)
            let open1 = try await tenancy.verify(otherKey)
            #expect(open1.brandSuspended == nil)
            let twice = await failure { () async throws(RPCError) in
                try await tenancy.brands.suspend(.init(id: brand.id), for: tenancy.admin)
            }
            #expect(twice?.code == RPCError.Code.illegalTransition)
            let resumed = try await tenancy.brands.resume(.init(id: brand.id), for: tenancy.admin)
            #expect(resumed.status == .active && resumed.version == 4)
            let open2 = try await tenancy.verify(key)
            #expect(open2.brandSuspended == nil)
            #expect(tenancy.gateway.messages.count == 4)
            let again = await failure { () async throws(RPCError) in
                try await tenancy.brands.resume(.init(id: brand.id), for: tenancy.admin)
            }
            #expect(again?.code == RPCError.Code.illegalTransition)
        }
    }

    @Test("An erased brand loses its keys at once, then its databases, and in the end everything but its id")
    func erase() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand("Top Secret Shop")
            let other = try await tenancy.newBrand("Other")
            let (key, record) = try await tenancy.newKey(of: brand.id)
            let (otherKey, _) = try await tenancy.newKey(of: other.id)
            stimuli.setDown(true)
            let erasing = try await tenancy.brands.erase(
                .init(id: brand.id, name: "Top Secret Shop"), for: tenancy.admin)
            #expect(erasing.status == .erasing)
            #expect(tenancy.gateway.messages.count == 3)
            let revoked = try await tenancy.verify(key)
            #expect(revoked.record?.status == .revoked)
            let untouched = try await tenancy.verify(otherKey)
            #expect(untouched.record?.status == .active)
            try await tenancy.eventually { signals.asked.last?.method == "brandFiles.erase" }
            try await Task.sleep(for: .milliseconds(100))
            let waiting = try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin)
            #expect(waiting.status == .erasing)
            stimuli.setDown(false)
            try await tenancy.eventually {
                try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin).status == .erased
            }
            #expect(stimuli.asked.last?.method == "brandFiles.erase")
            #expect(stimuli.asked.last?.params == ["brand": .string("\(brand.id)")])
            #expect(stimuli.asked.last?.context?.principal == "service:tenancy")
            // Signals was asked once: what is done is not done again.
            #expect(signals.asked.filter { $0.method == "brandFiles.erase" }.count == 1)
            let rest = try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin)
            #expect(rest.name == "\(brand.id)")
            let unknown = try await tenancy.verify(key)
            #expect(unknown.record == nil)
            let gone = await failure { () async throws(RPCError) in
                try await tenancy.keys.get(.init(id: record.id), for: tenancy.admin)
            }
            #expect(gone == .notFound("key", record.id))
            #expect(try await tenancy.number("SELECT count(*) FROM keys") == 1)
            // Its name is free again.
            let next = try await tenancy.brands.provision(
                .init(name: "Top Secret Shop", organizationId: brand.organizationId), for: tenancy.admin)
            #expect(next.id != brand.id && next.status == .active)
        }
    }

    @Test("An erasure that a crash broke off goes on with the next process, whatever the services answered before")
    func resumedErasure() async throws {
        let directory = TemporaryDirectory()
        let first = try tenancy(in: directory)
        let brand = try await first.newBrand("Shop")
        stimuli.fail(with: .internalError("broken"))
        signals.setDown(true)
        _ = try await first.brands.erase(.init(id: brand.id, name: "Shop"), for: first.admin)
        await first.stop()
        signals.setDown(false)
        try await withTenancy(tenancy(in: directory)) { tenancy in
            try await tenancy.eventually {
                try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin).status == .erased
            }
            #expect(stimuli.asked.filter { $0.method == "brandFiles.erase" }.count == 2)
        }
    }

    @Test("A brand that the ledger says is erased is erased again, whatever a backup knows of it")
    func restored() async throws {
        let directory = TemporaryDirectory()
        let ledger = try ErasureLedger(directory: directory.path + "/ledger")
        let first = try tenancy(in: directory)
        let brand = try await first.newBrand("Shop")
        let other = try await first.newBrand("Other")
        let (key, _) = try await first.newKey(of: brand.id)
        try ledger.append(.brand(brand.id, for: brand.id, at: first.clock.now))
        for _ in 1...2 { try await first.brandsService.eraseAgain(ledger) }
        #expect(try await first.verify(key).record?.status != .active)
        #expect(try await first.number("SELECT count(*) FROM jobs WHERE kind = 'brandErasure'") == 1)
        await first.stop()
        try await withTenancy(tenancy(in: directory)) { tenancy in
            try await tenancy.eventually {
                try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin).status == .erased
            }
            #expect(try await tenancy.brands.get(.init(id: other.id), for: tenancy.admin).status == .active)
        }
    }

    @Test("Nothing is erased by another name, and nothing about a brand on its way out changes any more")
    func refusals() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand("Shop")
            let misnamed = await failure { () async throws(RPCError) in
                try await tenancy.brands.erase(.init(id: brand.id, name: "shop"), for: tenancy.admin)
            }
            #expect(misnamed?.code == RPCError.Code.conflict)
            #expect(misnamed?.message.contains("Shop") == false)
            signals.setDown(true)
            _ = try await tenancy.brands.erase(.init(id: brand.id, name: "Shop"), for: tenancy.admin)
            let failures = [
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.erase(.init(id: brand.id, name: "Shop"), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.update(.init(id: brand.id, version: 3, name: "a"), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.suspend(.init(id: brand.id), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.resume(.init(id: brand.id), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.keys.create(
                        .init(brandId: brand.id, name: "a", scopes: ["signals:read"]), for: tenancy.admin)
                },
            ]
            #expect(failures.map { $0?.code } == Array(repeating: RPCError.Code.illegalTransition, count: 5))
            let again = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "Shop"), for: tenancy.admin)
            }
            #expect(again?.code == RPCError.Code.conflict)
        }
    }

    @Test("A brand that does not exist is not found, whatever is to be done with it")
    func unknown() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            let failures = [
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.update(.init(id: nobody, version: 1), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.suspend(.init(id: nobody), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.resume(.init(id: nobody), for: tenancy.admin)
                },
                await failure { () async throws(RPCError) in
                    try await tenancy.brands.erase(.init(id: nobody, name: "a"), for: tenancy.admin)
                },
            ]
            #expect(failures == Array(repeating: .notFound("brand", nobody), count: 4))
        }
    }
}
