import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// What was done by whom.
@Suite struct AuditEntriesServiceTests {
    @Test("Tenancy's own audited calls come into the trail, newest first, with ids and field names only")
    func own() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand("Top Secret Shop")
            let (_, record) = try await tenancy.newKey(of: brand.id)
            _ = try await tenancy.keys.revoke(.init(id: record.id, reason: "told to a stranger"), for: tenancy.admin)
            try await tenancy.eventually { try await tenancy.number("SELECT count(*) FROM audit_entries") == 3 }
            let entries = try await tenancy.auditEntries.list(.init(), for: tenancy.admin).items
            #expect(entries.map(\.method) == ["keys.revoke", "keys.create", "brands.provision"])
            #expect(entries.map(\.principal) == ["admin", "admin", "admin"])
            #expect(entries.map(\.service) == ["tenancy", "tenancy", "tenancy"])
            #expect(entries[0].ids == [record.id])
            #expect(entries[0].fields == ["id", "reason"])
            #expect(entries[1].ids == [brand.id, record.id])
            #expect(entries[2].ids == [brand.id])
            #expect(entries[1].fields.contains("scopes"))
            #expect(entries[0].at == tenancy.clock.now)
            // An administrator is in no brand; the ids say which one it was about.
            #expect(entries.map(\.brandId) == [brand.id, brand.id, brand.id])
            #expect(
                try await tenancy.auditEntries.list(.init(brandId: brand.id), for: tenancy.admin).items
                    == entries)
            let trail = String(decoding: entries.json(), as: UTF8.self)
            for value in ["Top Secret", "stranger", "signals:write"] { #expect(!trail.contains(value)) }
        }
    }

    @Test("A call that failed leaves no entry, and neither does one that only reads")
    func failures() async throws {
        try await withTenancy { tenancy in
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            _ = await failure { () async throws(RPCError) in
                try await tenancy.keys.revoke(.init(id: nobody), for: tenancy.admin)
            }
            _ = await failure { () async throws(RPCError) in
                try await tenancy.brands.provision(.init(name: "a", organizationId: nobody), for: tenancy.admin)
            }
            _ = try await tenancy.brands.list(.init(), for: tenancy.admin)
            #expect(try await tenancy.number("SELECT count(*) FROM outbox") == 0)
            #expect(try await tenancy.number("SELECT count(*) FROM audit_entries") == 0)
        }
    }

    @Test("Entries of other services are taken exactly once, in whatever stretches they arrive")
    func deliveries() async throws {
        try await withTenancy { tenancy in
            let messages = try (1...9).map { number in
                Message(sequence: number, topic: "audit.recorded", body: try entry(number))
            }
            let sender = Messages.Client(tenancy.client)
            func deliver(_ range: ClosedRange<Int>, incarnation: Character = "a") async throws -> Int {
                try await sender.deliver(
                    .init(
                        sender: "signals", incarnation: String(repeating: incarnation, count: 32),
                        messages: messages.filter { range.contains($0.sequence) }),
                    for: CallContext(principal: "service:signals")
                ).highWaterMark
            }
            #expect(try await deliver(1...4) == 4)
            #expect(try await deliver(1...4) == 4)
            #expect(try await deliver(3...9) == 9)
            #expect(try await deliver(2...5) == 9)
            // A database restored from a backup tells all again, under another name; entries keep their ids.
            #expect(try await deliver(1...9, incarnation: "b") == 9)
            let entries = try await tenancy.auditEntries.list(.init(), for: tenancy.admin).items
            #expect(entries.map(\.fields) == (1...9).reversed().map { ["field\($0)"] })
        }
    }

    @Test("Pages join to the whole trail, of one brand or of all", arguments: [1, 4, 8, 9, 10])
    func paging(limit: Int) async throws {
        try await withTenancy { tenancy in
            let brands = try ["0a", "0b"].map { try #require(UUIDv7("01930000-0000-7000-8000-0000000000\($0)")) }
            let (log, now) = (tenancy.log, tenancy.clock.now)
            try await tenancy.write { transaction throws(RPCError) in
                for number in 1...9 {
                    let message = AuditEntryMessage.made(number, brand: brands[number % 2])
                    try AuditEntriesService(log: log).record(message, at: now, in: transaction)
                }
            }
            for (brand, sort) in [
                (nil, .newest), (brands[0], .newest), (brands[1], .newest), (nil, .oldest), (brands[0], .oldest),
            ] as [(UUIDv7?, AuditEntries.List.Params.Sort)] {
                var listed: [AuditEntry] = []
                var cursor: String?
                repeat {
                    let page = try await tenancy.auditEntries.list(
                        .init(brandId: brand, cursor: cursor, limit: limit, sort: sort), for: tenancy.admin)
                    listed += page.items
                    cursor = page.nextCursor
                } while cursor != nil
                let expected = (1...9).filter { brand == nil || brands[$0 % 2] == brand }
                let ordered = sort == .newest ? expected.reversed() : expected
                #expect(listed.map(\.fields) == ordered.map { ["field\($0)"] })
                #expect(listed.map(\.leafIndex) == ordered.map { $0 - 1 })
            }
        }
    }

    @Test(
        "A cursor that no list gave out is refused",
        arguments: ["0", "-1", "+1", "01", "1.5", "x", "9223372036854775808", "01930000-0000-7000-8000-000000000001"])
    func badCursor(cursor: String) async throws {
        try await withTenancy { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.auditEntries.list(.init(cursor: cursor), for: tenancy.admin)
            }
            #expect(failed == .invalidCursor)
        }
    }

    @Test("A key lists what concerned its own brand, and knows of no other")
    func ownBrand() async throws {
        try await withTenancy { tenancy in
            let brands = try ["0a", "0b"].map { try #require(UUIDv7("01930000-0000-7000-8000-0000000000\($0)")) }
            let (log, now) = (tenancy.log, tenancy.clock.now)
            try await tenancy.write { transaction throws(RPCError) in
                for number in 1...9 {
                    let brand = number == 9 ? nil : brands[number % 2]
                    try log.append(.made(number, brand: brand), brand: brand, at: now, in: transaction)
                }
            }
            let key = CallContext(brand: brands[0], principal: "key:1", scopes: ["audit:read"])
            let own = try await tenancy.auditEntries.list(.init(), for: key).items
            #expect(own.map(\.fields) == [["field8"], ["field6"], ["field4"], ["field2"]])
            #expect(try await tenancy.auditEntries.list(.init(brandId: brands[0]), for: key).items == own)
            let other = await failure { () async throws(RPCError) in
                try await tenancy.auditEntries.list(.init(brandId: brands[1]), for: key)
            }
            #expect(other?.code == RPCError.Code.notFound)
            let unscoped = CallContext(brand: brands[0], principal: "key:1", scopes: ["signals:write"])
            let refused = await failure { () async throws(RPCError) in
                try await tenancy.auditEntries.list(.init(), for: unscoped)
            }
            #expect(refused?.code == RPCError.Code.forbidden)
        }
    }

    @Test("An entry, its hashes and heads can neither be changed nor removed, and none is put in between")
    func permanence() async throws {
        try await withTenancy { tenancy in
            let (log, now) = (tenancy.log, tenancy.clock.now)
            try await tenancy.write { transaction throws(RPCError) in
                try AuditEntriesService(log: log).record(.made(1, brand: nil), at: now, in: transaction)
                try log.signHead(at: now, in: transaction)
            }
            for sql: StaticString in [
                "DELETE FROM audit_entries", "UPDATE audit_entries SET principal = 'nobody'",
                "INSERT INTO audit_entries SELECT 2, x'00', at, service, principal, brand, method, ids, fields FROM audit_entries",
                "DELETE FROM audit_nodes", "UPDATE audit_nodes SET hash = zeroblob(32)", "DELETE FROM tree_heads",
                "UPDATE tree_heads SET root_hash = zeroblob(32)",
            ] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.write { transaction throws(RPCError) in try transaction.run(sql) }
                }
                #expect(failed?.code == RPCError.Code.internalError)
            }
            #expect(try await tenancy.number("SELECT count(*) FROM audit_entries WHERE principal = 'key:1'") == 1)
        }
    }

    private func entry(_ number: Int) throws -> JSONRaw {
        try JSONRaw(validating: AuditEntryMessage.made(number, brand: nil).json())
    }
}

extension AuditEntryMessage {
    static func made(_ number: Int, brand: UUIDv7?) -> AuditEntryMessage {
        let brand = brand.map { #""brand":"\#($0)","# } ?? ""
        let id = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 0x1000_0000_0000 + UInt64(number))
        let time = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(number) * 1_000_000)
        let text = """
            {"id":"\(id)","at":"\(time)",\(brand)
            "service":"signals","principal":"key:1","method":"imports.create","ids":[],"fields":["field\(number)"]}
            """
        do {
            return try AuditEntryMessage(json: Array(text.utf8))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
