import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct SpecialTraitTests {
    @Test("Specially protected traits are refused without a recorded basis, by name and with a remedy")
    func refused() async throws {
        try await withSignals { service in
            let error = try await failure {
                try await service.identify("u", #"{"plan":"gold","Medical_Conditions":1}"#)
            }
            #expect(error?.code == RPCError.Code.consentMissing)
            #expect(
                error?.message
                    == "/params/traits/Medical_Conditions: is specially protected (health), and no basis for it is "
                    + "recorded of this person; record one with consents.record, or leave it out.")
            // Nothing of it is left, not even that somebody is known.
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
            // Another category does not help, the right one does.
            try await service.allow([.beliefs])
            #expect(try await failure { try await service.identify("u", #"{"conditions":1}"#) } != nil)
            service.advance(milliseconds: 1)
            try await service.allow([.beliefs, .health])
            try await service.identify("u", #"{"conditions":["x"],"religion":"none","plan":"gold"}"#)
            #expect(
                try await service.actor("u").traits.description
                    == #"{"conditions":["x"],"plan":"gold","religion":"none"}"#)
            // Taking a trait back needs no basis.
            try await service.identify("somebody else", #"{"conditions":null}"#)
        }
    }

    @Test("In a batch only the item fails, and in a file only the row, of which nothing but the line is kept")
    func oneByOne() async throws {
        try await withSignals { service in
            let verdicts = try await service.call(
                "signals.batch",
                #"""
                {"items":[{"type":"identify","userId":"u","traits":{"plan":"a"}},
                    {"type":"identify","userId":"u","traits":{"allergies":["nuts"]}},
                    {"type":"identify","userId":"v","traits":{"plan":"b"}}]}
                """#)
            #expect(verdicts["verdicts"]?.array?.map { $0["status"]?.string } == ["accepted", "rejected", "accepted"])
            let message = verdicts["verdicts"]?.array?[1]["message"]?.string
            #expect(message?.hasPrefix("/params/items/1/traits/allergies: is specially protected (health)") == true)
            let mapping =
                #"{"kind":"actors","source_fields":{"id":"identifier.customerId","plan":"traits.plan","conditions":"traits.conditions"}}"#
            let file = "id,plan,conditions\nw,c,\nu,c,asthmatic-bronchitis\nx,d,\n"
            let done = try await service.load(Array(file.utf8), mapping: mapping)
            #expect([done.rows, done.accepted, done.rejected] == [3, 2, 1])
            let rejected = try await service.rejected(by: done)
            #expect(rejected.map(\.line) == [3] && rejected.map(\.row) == [""])
            #expect(rejected.first?.reason.hasPrefix("traits/conditions: is specially protected (health)") == true)
            #expect(try await service.filesHolding(["asthmatic-bronchitis", "nuts"]) == [])
            // With the basis recorded, the row is sent again.
            try await service.allow([.health])
            let replayed = try await service.rejectedRows.replay(
                RejectedRows.Replay.Params(importId: done.id, line: 3, row: "u,c,asthmatic-bronchitis"),
                for: service.call)
            #expect(replayed.rejected == 0 && replayed.accepted == 3)
        }
    }

    @Test("When the basis ends, what was stored is withheld from every read, and comes back with a new basis")
    func withheld() async throws {
        try await withSignals { service in
            try await service.allow([.health], until: "2026-01-01T00:00:01Z")
            try await service.identify("u", #"{"plan":"gold","conditions":"asthma"}"#)
            let whole = #"{"conditions":"asthma","plan":"gold"}"#
            var seen = try await service.look()
            #expect(seen.traits == whole && seen.withheld == nil && seen.listed == whole)
            #expect(seen.stated == #"{"plan":"gold","conditions":"asthma"}"#)
            service.advance(milliseconds: 1_000)
            seen = try await service.look()
            #expect(seen.traits == #"{"plan":"gold"}"# && seen.withheld == ["conditions"])
            #expect(seen.stated == #"{"plan":"gold"}"# && seen.listed == #"{"plan":"gold"}"#)
            try await service.allow([.health])
            #expect(try await service.look().traits == whole)
            service.advance(milliseconds: 1)
            _ = try await service.consents.withdraw(
                Consents.Withdraw.Params(purpose: "coaching", identifier: Identifier(type: "customerId", value: "u")),
                for: service.call)
            #expect(try await service.look().withheld == ["conditions"])
        }
    }

    @Test("A special trait is found in another one, at any depth: refused, named by where it stands, withheld alone")
    func nested() async throws {
        try await withSignals { service in
            let profile = #"{"profile":{"size":4,"notes":[{"Medications":["x"]}]},"plan":"gold"}"#
            let error = try await failure { try await service.identify("u", profile) }
            #expect(
                error?.message.hasPrefix("/params/traits/profile/notes/0/Medications: is specially protected (health)")
                    == true)
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
            try await service.identify("u", #"{"profile":{"medications":null}}"#)
            service.advance(milliseconds: 1)
            try await service.allow([.health], until: "2026-01-01T00:00:01Z")
            try await service.identify("u", profile)
            #expect(try await service.actor("u").withheldTraits == nil)
            #expect(try await service.look().traits.contains("Medications"))
            service.advance(milliseconds: 1_000)
            let seen = try await service.look()
            let left = #"{"plan":"gold","profile":{"size":4,"notes":[{}]}}"#
            #expect(seen.traits == left && seen.withheld == ["profile"] && seen.listed == left)
            let listed = try await service.signals.list(Signals.List.Params(), for: service.call).items
            #expect(!listed.contains { $0.properties?.description.contains("Medications") == true })
            try await service.allow([.beliefs])
            #expect(try await service.actor("u").withheldTraits == ["profile"])
        }
    }

    @Test("What a brand says of its traits holds from the very next call on, both ways")
    func registry() async throws {
        try await withSignals { service in
            try await service.identify("u", #"{"sleep-quality":3}"#)
            try await service.set(special: "Sleep Quality", .health)
            #expect(try await service.actor("u").withheldTraits == ["sleep-quality"])
            #expect(
                try await failure { try await service.identify("u", #"{"sleepQuality":4}"#) }?.code
                    == RPCError.Code.consentMissing)
            try await service.set(special: "sleep_quality", nil)
            try await service.identify("u", #"{"sleepQuality":4}"#)
            // A name that the program knows can be declared harmless, and be given back.
            #expect(try await failure { try await service.identify("u", #"{"weight":12}"#) } != nil)
            try await service.set(special: "weight", nil)
            try await service.identify("u", #"{"weight":12}"#)
            try await service.set(special: "weight", .health)
            #expect(try await failure { try await service.identify("u", #"{"weight":13}"#) } != nil)
            let listed = try await SpecialTraits.Client(service.client).list(
                SpecialTraits.List.Params(), for: service.call
            ).items
            #expect(listed.contains(SpecialTrait(name: "weight", category: .health, isDefault: true)))
            #expect(!listed.map(\.name).contains("sleepquality"))
            let blank = try await failure { try await service.set(special: "--", .health) }
            #expect(blank?.message == "/params/name: needs a letter or a digit")
        }
    }

    @Test("A statement without special traits asks the database nothing more than before")
    func cost() async throws {
        try await withSignals { service in
            // Read once, with the first statement; then the table is not even there.
            try await service.identify("u", #"{"plan":"gold"}"#)
            let connection = try Connection(path: service.file.path, OpenOptions(authorizer: false))
            try connection.execute("DROP TABLE special_traits")
            try await service.identify("u", #"{"plan":"silver"}"#)
            #expect(try await failure { try await service.identify("u", #"{"medications":1}"#) } != nil)
            try await service.track("A", "u")
            #expect(try await failure { try await service.actor("u") } != nil)
        }
    }

    @Test(
        "Names are compared by letters and digits",
        arguments: [
            ("Medical_Conditions", "medicalconditions"), ("health", "health"), ("HbA1c %", "hba1c"),
            ("Святість", "святість"), ("ÄRZTE", "ärzte"), ("$-_", ""),
        ])
    func comparable(name: String, expected: String) {
        #expect(SpecialTraitRegistry.comparable(name) == expected)
        for known in SpecialTraitRegistry.defaults.keys { #expect(SpecialTraitRegistry.comparable(known) == known) }
    }
}

extension SignalsUnderTest {
    /// Records an explicit consent of the customer `u` to the use of special categories.
    func allow(_ categories: [SpecialCategory], until end: String? = nil) async throws {
        _ = try await consents.record(
            Consents.Record.Params(
                purpose: "coaching", legalBasis: .consent, identifier: Identifier(type: "customerId", value: "u"),
                specialCategories: categories, condition: .explicitConsent, noticeVersion: "1",
                proof: ConsentProof(method: .app, source: "onboarding/3"), expiresAt: end.flatMap { Timestamp($0) }),
            for: call)
    }

    func set(special name: String, _ category: SpecialCategory?) async throws {
        _ = try await SpecialTraits.Client(client).set(
            SpecialTraits.Set.Params(name: name, category: category), for: call)
    }

    struct Look {
        let traits: String
        let withheld: [String]?
        let stated: String?
        let listed: String?
    }

    /// What reads give out of the customer `u`, who alone is known.
    func look() async throws -> Look {
        let actor = try await actor("u")
        let page = try await signals.list(Signals.List.Params(), for: call)
        let list = try await actors.list(Actors.List.Params(), for: call)
        return Look(
            traits: actor.traits.description, withheld: actor.withheldTraits,
            stated: page.items.first?.properties?.description, listed: list.items.first?.traits.description)
    }
}
