import JSON
import JSONRPC
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Who owns brands.
@Suite struct OrganizationsServiceTests {
    @Test("An organisation that was created is listed")
    func create() async throws {
        try await withTenancy { tenancy in
            let created = try await tenancy.organizations.create(.init(name: "Corner Shops Ltd"), for: tenancy.admin)
            #expect(created.name == "Corner Shops Ltd")
            #expect(created.createdAt == tenancy.clock.now)
            let listed = try await tenancy.organizations.list(.init(), for: tenancy.admin)
            #expect(listed == .init(items: [created]))
        }
    }

    @Test("An organisation is renamed at the version it was read at, and at no other")
    func rename() async throws {
        try await withTenancy { tenancy in
            let created = try await tenancy.organizations.create(.init(name: "A"), for: tenancy.admin)
            let renamed = try await tenancy.organizations.update(
                .init(id: created.id, version: 1, name: "B"), for: tenancy.admin)
            #expect(renamed.name == "B" && renamed.version == 2)
            #expect(try await tenancy.organizations.get(.init(id: created.id), for: tenancy.admin) == renamed)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.organizations.update(.init(id: created.id, version: 1, name: "C"), for: tenancy.admin)
            }
            #expect(failed == .versionMismatch("organisation", expected: 1, actual: 2))
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            let unknown = await failure { () async throws(RPCError) in
                try await tenancy.organizations.update(.init(id: nobody, version: 1), for: tenancy.admin)
            }
            #expect(unknown == .notFound("organisation", nobody))
        }
    }

    @Test("The same call sent again under its idempotency key creates nothing and answers the same")
    func idempotency() async throws {
        try await withTenancy { tenancy in
            var call = tenancy.admin
            call.idempotencyKey = "order 66"
            let first = try await tenancy.organizations.create(.init(name: "A"), for: call)
            let second = try await tenancy.organizations.create(.init(name: "A"), for: call)
            #expect(first == second)
            let other = await failure { () async throws(RPCError) in
                try await tenancy.organizations.create(.init(name: "B"), for: call)
            }
            #expect(other == .idempotencyMismatch)
            #expect(try await tenancy.number("SELECT count(*) FROM organizations") == 1)
        }
    }

    @Test("Pages join to the whole list, whatever their size", arguments: [1, 2, 4, 5, 6, 500])
    func paging(limit: Int) async throws {
        try await withTenancy { tenancy in
            var created: [Organization] = []
            for number in 1...5 {
                created.append(try await tenancy.organizations.create(.init(name: "\(number)"), for: tenancy.admin))
            }
            var listed: [Organization] = []
            var cursor: String?
            repeat {
                let page = try await tenancy.organizations.list(
                    .init(cursor: cursor, limit: limit), for: tenancy.admin)
                #expect(page.items.count == min(limit, 5 - listed.count))
                listed += page.items
                cursor = page.nextCursor
            } while cursor != nil
            #expect(listed == created)
        }
    }

    @Test(
        "A cursor that no list gave out is refused",
        arguments: ["x", "7", "01930000-0000-4000-8000-000000000001", "01930000-0000-7000-8000-00000000000"])
    func badCursor(cursor: String) async throws {
        try await withTenancy { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.organizations.list(.init(cursor: cursor), for: tenancy.admin)
            }
            #expect(failed?.code == RPCError.Code.invalidCursor)
        }
    }

    @Test(
        "A limit outside of 1 to 500 is refused at its place",
        arguments: [(0, false), (1, true), (500, true), (501, false)])
    func limits(limit: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.organizations.list(.init(limit: limit), for: tenancy.admin)
            }
            #expect((failed == nil) == isAllowed)
            if let failed { #expect(failed.message.hasPrefix("/params/limit: ")) }
        }
    }

    @Test("Names have 1 to 200 characters", arguments: [(0, false), (1, true), (200, true), (201, false)])
    func names(length: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.organizations.create(
                    .init(name: String(repeating: "é", count: length)), for: tenancy.admin)
            }
            #expect((failed == nil) == isAllowed)
        }
    }

    @Test("Nobody but the administrator may call", arguments: ["key:1", "service:gateway", "service:signals", ""])
    func callers(principal: String) async throws {
        try await withTenancy { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.organizations.create(
                    .init(name: "A"), for: CallContext(principal: principal, scopes: ["*:*"]))
            }
            #expect(failed?.code == (principal.isEmpty ? RPCError.Code.invalidRequest : RPCError.Code.forbidden))
        }
    }
}
