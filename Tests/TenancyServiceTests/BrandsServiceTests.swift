import JSON
import JSONRPC
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Tenants and how they come to be.
@Suite struct BrandsServiceTests {
    private let signals = PlayedService("signals")
    private let stimuli = PlayedService("stimuli")

    private func tenancy(in directory: TemporaryDirectory = TemporaryDirectory()) throws -> Tenancy {
        try Tenancy(in: directory, siblings: [signals, stimuli])
    }

    @Test("A brand is active once every service has its database")
    func provision() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.brands.provision(
                .init(
                    name: "Corner Shop", industry: .retail, timeZone: "Europe/Berlin", currency: Currency("EUR") ?? .usd
                ),
                for: tenancy.admin)
            #expect(brand.status == .active)
            #expect(brand.version == 2)
            #expect(brand.timeZone == "Europe/Berlin")
            #expect(brand.industry == .retail)
            #expect(brand.currency == Currency("EUR"))
            #expect(brand.createdAt == tenancy.clock.now)
            for sibling in [signals, stimuli] {
                #expect(sibling.asked.map(\.method) == ["brandFiles.create"])
                #expect(sibling.asked.first?.params == ["brand": .string("\(brand.id)")])
                #expect(sibling.asked.first?.context?.principal == "service:tenancy")
                #expect(sibling.asked.first?.context?.brand == brand.id)
            }
            #expect(try await tenancy.brands.get(.init(id: brand.id), for: tenancy.asGateway) == brand)
            #expect(try await tenancy.brands.list(.init(), for: tenancy.asGateway).items == [brand])
            let owners = try await tenancy.organizations.list(.init(), for: tenancy.admin).items
            #expect(owners.map(\.id) == [brand.organizationId])
            #expect(owners.map(\.name) == ["Corner Shop"])
        }
    }

    @Test("A time zone that nobody knows is refused, and nothing is made or changed")
    func timeZone() async throws {
        try await withTenancy { tenancy in
            for zone in ["Mars/Phobos", "Europe/Berln", "Europe", "../UTC"] {
                await #expect {
                    try await tenancy.brands.provision(.init(name: "Shop", timeZone: zone), for: tenancy.admin)
                } throws: {
                    ($0 as? RPCError)?.message.hasPrefix("/params/timeZone") == true
                }
            }
            #expect(try await tenancy.brands.list(.init(), for: tenancy.admin).items.isEmpty)
            let brand = try await tenancy.brands.provision(
                .init(name: "Shop", timeZone: "Asia/Kathmandu"), for: tenancy.admin)
            await #expect(throws: RPCError.self) {
                try await tenancy.brands.update(
                    .init(id: brand.id, version: brand.version, timeZone: "Mars/Phobos"), for: tenancy.admin)
            }
            #expect(try await tenancy.brands.get(.init(id: brand.id), for: tenancy.admin).timeZone == "Asia/Kathmandu")
        }
    }

    @Test("What the call leaves out is what the contract says it is")
    func defaults() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let brand = try await tenancy.newBrand()
            #expect(brand.industry == .other)
            #expect(brand.timeZone == "UTC")
            #expect(brand.currency == .usd)
        }
    }

    @Test("One organisation has each name once, two may have the same; a repetition is a conflict that names the brand")
    func names() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let first = try await tenancy.organizations.create(.init(name: "First"), for: tenancy.admin)
            let second = try await tenancy.organizations.create(.init(name: "Second"), for: tenancy.admin)
            let brand = try await tenancy.brands.provision(
                .init(name: "Shop", organizationId: first.id), for: tenancy.admin)
            let twin = try await tenancy.brands.provision(
                .init(name: "Shop", organizationId: second.id), for: tenancy.admin)
            #expect(brand.id != twin.id)
            #expect(brand.organizationId == first.id)
            let repeated = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "Shop", organizationId: first.id), for: tenancy.admin)
            }
            #expect(repeated?.code == RPCError.Code.conflict)
            #expect(repeated?.message.contains("\(brand.id)") == true)
            // Without an organisation the brand's own is meant, not any that has a brand of this name.
            let own = try await tenancy.newBrand("Shop")
            #expect(![first.id, second.id].contains(own.organizationId))
            let ownRepeated = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "Shop"), for: tenancy.admin)
            }
            #expect(ownRepeated?.message.contains("\(own.id)") == true)
            #expect(try await tenancy.number("SELECT count(*) FROM brands") == 3)
        }
    }

    @Test("An organisation that does not exist owns nothing, and nothing is left behind")
    func unknownOrganization() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "Shop", organizationId: nobody), for: tenancy.admin)
            }
            #expect(failed == .notFound("organisation", nobody))
            #expect(signals.asked.isEmpty)
            #expect(try await tenancy.number("SELECT count(*) FROM brands") == 0)
        }
    }

    @Test(
        "A provision that breaks off after any step is finished by the same call, by a new process too",
        arguments: [0, 1], [true, false])
    func resumes(failingSibling: Int, inNewProcess: Bool) async throws {
        let directory = TemporaryDirectory()
        let failing = [signals, stimuli][failingSibling]
        let first = try tenancy(in: directory)
        failing.setDown(true)
        let failed = await failure { () async throws(RPCError) in
            try await first.brands.provision(.init(name: "Shop", timeZone: "Europe/Paris"), for: first.admin)
        }
        #expect(failed == .dependencyUnavailable(failing.name))
        let begun = try await first.brands.list(.init(), for: first.admin).items
        #expect(begun.map(\.status) == [.provisioning])
        #expect(begun.map(\.version) == [1])
        failing.setDown(false)
        if inNewProcess { await first.stop() }

        try await withTenancy(inNewProcess ? tenancy(in: directory) : first) { tenancy in
            let brand = try await tenancy.brands.provision(
                .init(name: "Shop", timeZone: "Europe/Berlin"), for: tenancy.admin)
            #expect(brand.id == begun.first?.id)
            #expect(brand.organizationId == begun.first?.organizationId)
            #expect(brand.status == .active)
            #expect(brand.version == 2)
            // What the last call says holds: nobody has used the brand yet.
            #expect(brand.timeZone == "Europe/Berlin")
            #expect(try await tenancy.number("SELECT count(*) FROM brands") == 1)
            #expect(try await tenancy.number("SELECT count(*) FROM organizations") == 1)
        }
    }

    @Test("A full disk at a sibling is told as such; any other failure of its own as a service that cannot be used")
    func siblingErrors() async throws {
        try await withTenancy(tenancy()) { tenancy in
            signals.fail(with: .storageFull, .forbidden("no"), .busy("signals"))
            for expected in [
                RPCError.Code.storageFull, RPCError.Code.dependencyUnavailable, RPCError.Code.dependencyUnavailable,
            ] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.brands.provision(.init(name: "Shop"), for: tenancy.admin)
                }
                #expect(failed?.code == expected)
            }
            let brand = try await tenancy.newBrand("Shop")
            #expect(brand.status == .active)
        }
    }

    @Test("A sibling gets what is left of the caller's time, and none of it means the deadline has passed")
    func deadlines() async throws {
        try await withTenancy(tenancy()) { tenancy in
            var call = tenancy.admin
            call.deadlineMilliseconds = 3_000
            call.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            _ = try await tenancy.brands.provision(.init(name: "Shop"), for: call)
            #expect(signals.asked.first?.context?.deadlineMilliseconds == 3_000)
            #expect(signals.asked.first?.context?.traceparent == call.traceparent)
            _ = try await tenancy.newBrand("Unhurried")
            #expect(
                signals.asked.last?.context?.deadlineMilliseconds == BrandsService.fileDeadlineMilliseconds)
            call.deadlineMilliseconds = 0
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "Late"), for: call)
            }
            #expect(failed == .deadlineExceeded)
        }
    }

    @Test("Many provisions of one name at once make one brand")
    func concurrency() async throws {
        try await withTenancy(tenancy()) { tenancy in
            let ids = await withTaskGroup(of: UUIDv7?.self) { group in
                for _ in 0..<16 {
                    group.addTask { try? await tenancy.newBrand("Shop").id }
                }
                return await group.reduce(into: Set<UUIDv7>()) { if let id = $1 { $0.insert(id) } }
            }
            #expect(ids.count == 1)
            let brands = try await tenancy.brands.list(.init(), for: tenancy.admin).items
            #expect(brands.map(\.id) == Array(ids))
            #expect(brands.map(\.version) == [2])
        }
    }

    @Test("A brand that does not exist is not found, in the same words whatever its id")
    func unknown() async throws {
        try await withTenancy(tenancy()) { tenancy in
            for text in ["01930000-0000-7000-8000-00000000ffff", "01930000-0000-7000-8000-00000000fffe"] {
                let id = try #require(UUIDv7(text))
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.brands.get(.init(id: id), for: tenancy.admin)
                }
                #expect(failed == .notFound("brand", id))
            }
        }
    }

    @Test("Pages join to the whole list", arguments: [1, 2, 3, 4])
    func paging(limit: Int) async throws {
        try await withTenancy(tenancy()) { tenancy in
            var created: [Brand] = []
            for name in ["A", "B", "C"] { created.append(try await tenancy.newBrand(name)) }
            var listed: [Brand] = []
            var cursor: String?
            repeat {
                let page = try await tenancy.brands.list(.init(cursor: cursor, limit: limit), for: tenancy.admin)
                listed += page.items
                cursor = page.nextCursor
            } while cursor != nil
            #expect(listed == created)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brands.list(.init(cursor: "1"), for: tenancy.admin)
            }
            #expect(failed == .invalidCursor)
        }
    }
}

extension Currency {
    fileprivate static var usd: Currency { Brands.Provision.Params.defaultCurrency }
}
