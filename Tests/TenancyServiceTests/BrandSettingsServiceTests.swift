import JSON
import JSONRPC
import SQLite
import ServiceContract
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// How a brand wants to be worked for.
@Suite struct BrandSettingsServiceTests {
    @Test("A new brand has the defaults; an update changes what it names, and null takes away")
    func update() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let call = tenancy.key(of: brand.id)
            let settings = try await tenancy.brandSettings.get(.init(), for: call)
            #expect(
                settings
                    == BrandConfiguration(
                        brandId: brand.id, timeZone: "UTC", currency: brand.currency, language: "en", version: 1))
            let night = QuietHours(startMinute: 1_320, endMinute: 480)
            let changed = try await tenancy.brandSettings.update(
                .init(version: 1, language: "de-AT", quietHours: .set(night), dailyMessageCap: .set(2)), for: call)
            #expect(changed.language == "de-AT" && changed.quietHours == night && changed.dailyMessageCap == 2)
            #expect(changed.version == 2)
            #expect(try await tenancy.brandSettings.get(.init(), for: call) == changed)
            let cleared = try await tenancy.brandSettings.update(.init(version: 2, quietHours: .clear), for: call)
            #expect(cleared.quietHours == nil && cleared.dailyMessageCap == 2 && cleared.language == "de-AT")
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brandSettings.update(.init(version: 2, language: "fr"), for: call)
            }
            #expect(failed == .versionMismatch("settings", expected: 2, actual: 3))
            // What the brand says of itself is not said twice.
            _ = try await tenancy.brands.update(
                .init(id: brand.id, version: 2, timeZone: "Asia/Tokyo"), for: tenancy.admin)
            let moved = try await tenancy.brandSettings.get(.init(), for: call)
            #expect(moved.timeZone == "Asia/Tokyo" && moved.version == 3)
        }
    }

    @Test("Holidays are kept as they were written; a day that never comes is refused with its place")
    func holidays() async throws {
        try await withTenancy { tenancy in
            let call = tenancy.key(of: try await tenancy.newBrand().id)
            let days = ["01-01", "easter-2", "2026-05-29", "monday/-1/05"]
            let changed = try await tenancy.brandSettings.update(.init(version: 1, holidays: days), for: call)
            #expect(changed.holidays == days)
            let kept = try await tenancy.brandSettings.update(.init(version: 2, language: "de"), for: call)
            #expect(kept.holidays == days)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brandSettings.update(.init(version: 3, holidays: ["01-01", "02-30"]), for: call)
            }
            #expect(
                failed
                    == .invalidParams(
                        at: "/params/holidays/1",
                        "must be a day such as 2026-05-29, 12-25, 07-04/nearest, easter-2 or monday/1/09"))
            let none = try await tenancy.brandSettings.update(.init(version: 3, holidays: []), for: call)
            #expect(none.holidays == [])
        }
    }

    @Test("A brand's own answer period is kept until it is taken away; one that extends to no longer is refused")
    func answerPeriod() async throws {
        try await withTenancy { tenancy in
            let call = tenancy.key(of: try await tenancy.newBrand().id)
            for period in [AnswerPeriod(days: 20, extendedDays: 40), AnswerPeriod(days: 10)] {
                let version = try await tenancy.brandSettings.get(.init(), for: call).version
                let changed = try await tenancy.brandSettings.update(
                    .init(version: version, answerPeriod: .set(period)), for: call)
                #expect(changed.answerPeriod == period)
                #expect(try await tenancy.brandSettings.get(.init(), for: call) == changed)
            }
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brandSettings.update(
                    .init(version: 3, answerPeriod: .set(AnswerPeriod(days: 20, extendedDays: 20))), for: call)
            }
            #expect(
                failed
                    == .invalidParams(
                        at: "/params/answerPeriod/extendedDays", "must be more than days, 20: it includes them"))
            let cleared = try await tenancy.brandSettings.update(.init(version: 3, answerPeriod: .clear), for: call)
            #expect(cleared.answerPeriod == nil)
        }
    }

    @Test("Settings are of the call's own brand; without one, or with one that is gone, there are none")
    func brands() async throws {
        try await withTenancy { tenancy in
            let (first, second) = (try await tenancy.newBrand("A"), try await tenancy.newBrand("B"))
            _ = try await tenancy.brandSettings.update(
                .init(version: 1, language: "de"), for: tenancy.key(of: first.id))
            let other = try await tenancy.brandSettings.get(.init(), for: tenancy.key(of: second.id))
            #expect(other.language == "en" && other.version == 1)
            let nobody = try #require(UUIDv7("01930000-0000-7000-8000-00000000ffff"))
            _ = try await tenancy.brands.erase(.init(id: second.id, name: "B"), for: tenancy.admin)
            for brand in [nobody, second.id] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.brandSettings.get(.init(), for: tenancy.key(of: brand))
                }
                #expect(failed == .notFound("brand", brand))
            }
            let brandless = await failure { () async throws(RPCError) in
                try await tenancy.brandSettings.get(.init(), for: tenancy.admin)
            }
            #expect(brandless?.code == RPCError.Code.forbidden)
        }
    }

    @Test(
        "Minutes are those of a day, and caps are 1 to 1,000 messages",
        arguments: [
            (0, 1_439, 1, true), (1_439, 0, 1_000, true), (-1, 0, 1, false), (0, 1_440, 1, false), (0, 0, 0, false),
            (0, 0, 1_001, false),
        ])
    func limits(start: Int, end: Int, cap: Int, isAllowed: Bool) async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.brandSettings.update(
                    .init(
                        version: 1, quietHours: .set(QuietHours(startMinute: start, endMinute: end)),
                        weeklyMessageCap: .set(cap)), for: tenancy.key(of: brand.id))
            }
            #expect((failed == nil) == isAllowed)
        }
    }
}

/// Settings of the whole installation.
@Suite struct SystemParametersServiceTests {
    @Test("A parameter is made without a version, changed with the one it has, and kept as it was written")
    func set() async throws {
        try await withTenancy { tenancy in
            let first = try await tenancy.systemParameters.set(
                .init(name: "a.b", value: JSONRaw(validating: "{\"x\":[1.50]}")), for: tenancy.admin)
            #expect(first.version == 1 && first.updatedAt == tenancy.clock.now)
            let again = await failure { () async throws(RPCError) in
                try await tenancy.systemParameters.set(.init(name: "a.b", value: .null), for: tenancy.admin)
            }
            #expect(again?.message == "/params/value: must not be null")
            for (name, version, code) in [
                ("a.b", nil, RPCError.Code.conflict), ("a.b", 2, RPCError.Code.versionMismatch),
                ("c", 1, RPCError.Code.notFound),
            ] as [(String, Int?, Int)] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.systemParameters.set(
                        .init(name: name, value: JSONRaw(true), version: version), for: tenancy.admin)
                }
                #expect(failed?.code == code)
            }
            let second = try await tenancy.systemParameters.set(
                .init(name: "a.b", value: JSONRaw(7), version: 1), for: tenancy.admin)
            #expect(second.version == 2)
            let other = try await tenancy.systemParameters.set(
                .init(name: "a.a", value: JSONRaw("text")), for: tenancy.admin)
            #expect(
                try await tenancy.systemParameters.list(.init(), for: tenancy.admin) == .init(items: [other, second]))
            let page = try await tenancy.systemParameters.list(.init(limit: 1), for: tenancy.admin)
            #expect(page.items == [other])
            let rest = try await tenancy.systemParameters.list(.init(cursor: page.nextCursor), for: tenancy.admin)
            #expect(rest == .init(items: [second]))
        }
    }

    @Test("There are at most 1,000 parameters; those that are there can still be changed")
    func limit() async throws {
        try await withTenancy { tenancy in
            try await tenancy.write { transaction throws(RPCError) in
                for number in 1..<SystemParametersService.maximumParameters {
                    try transaction.run(
                        "INSERT INTO system_parameters VALUES (:name, '1', 0, 1)", [":name": "p\(number)"])
                }
            }
            _ = try await tenancy.systemParameters.set(.init(name: "last", value: JSONRaw(1)), for: tenancy.admin)
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.systemParameters.set(.init(name: "more", value: JSONRaw(1)), for: tenancy.admin)
            }
            #expect(failed?.code == RPCError.Code.conflict)
            _ = try await tenancy.systemParameters.set(
                .init(name: "last", value: JSONRaw(2), version: 1), for: tenancy.admin)
        }
    }
}
