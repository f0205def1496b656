import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import SignalsAPI
import Testing

@testable import Gyre

@Suite struct ConsentCommandTests {
    private func parse<C: ParsableCommand>(_ type: C.Type, _ arguments: String...) throws -> C {
        try #require(try Gyre.parseAsRoot(arguments) as? C)
    }

    @Test("Every command parses as its help shows it")
    func examples() throws {
        let record = try parse(
            ConsentCommand.Record.self, "consent", "record", "customerId=00001", "--purpose", "coaching", "--basis",
            "consent", "--notice", "2026-01", "--method", "app", "--source", "onboarding/3", "--special", "health",
            "--condition", "explicitConsent")
        #expect(record.person.identifier == Identifier(type: "customerId", value: "00001"))
        #expect(record.categories == [.health] && record.condition == .explicitConsent && record.basis == .consent)
        let list = try parse(ConsentCommand.List.self, "consent", "list", "01930000-0000-7000-8000-000000000041")
        #expect(list.person?.id != nil && list.person?.identifier == nil)
        #expect(
            try parse(ConsentCommand.Check.self, "consent", "check", "--purpose", "p", "a=b").identifiers == ["a=b"])
        #expect(
            try parse(ConsentCommand.SetSpecialTrait.self, "consent", "set-special-trait", "weight", "none").category
                == "none")
        #expect(
            try parse(
                ConsentCommand.SetSpecialProperty.self, "consent", "set-special-property", "symptoms", "health"
            ).category == "health")
        let lift = try parse(
            RestrictionsCommand.Lift.self, "restrictions", "lift", "customerId=00001", "--kind", "restriction",
            "--told", "2026-11-20T09:00:00Z")
        #expect(lift.kind == .restriction && lift.noticeGivenAt != nil)
        let hold = try parse(
            HoldsCommand.Place.self, "privacy", "holds", "place", "--whole-brand", "--reason", "tax audit 2026")
        #expect(hold.wholeBrand && hold.identifier == nil)
        let set = try parse(RetentionCommand.Set.self, "privacy", "retention", "set", "signals.signals", "730")
        #expect(set.place.service == "signals" && set.place.table == "signals" && set.days == "730")
        #expect(try parse(RecordCommand.self, "privacy", "record", "--json").output.json)
        #expect(try parse(PrivacyCommand.OptOut.self, "privacy", "opt-out", "a=b").submission.identifiers == ["a=b"])
    }

    @Test(
        "What makes no sense is refused before anything is done",
        arguments: [
            ["consent", "record", "nobody", "--purpose", "p", "--basis", "consent"],
            ["consent", "record", "a=b", "--purpose", "p", "--basis", "because"],
            ["consent", "record", "a=b", "--purpose", "p", "--basis", "consent", "--method", "app"],
            ["consent", "record", "a=b", "--purpose", "p", "--basis", "contract", "--text-hash", "00"],
            ["consent", "set-special-trait", "weight", "heavy"],
            ["consent", "set-special-property", "weight", "heavy"],
            ["privacy", "holds", "place", "--reason", "x"],
            ["privacy", "holds", "place", "a=b", "--whole-brand", "--reason", "x"],
            ["privacy", "retention", "set", "signals", "30"], ["privacy", "retention", "set", "a.b", "0"],
            ["privacy", "retention", "set", "a.b", "36501"], ["privacy", "retention", "preview", "--days", "3"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Gyre.parseAsRoot(arguments) }
    }

    @Test("The record of processing is Markdown, in which names mean only themselves")
    func markdown() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let table = MappedTable(
            table: "actors", holds: "who is known", people: .customers, purpose: "knowing", data: ["identity"],
            kept: "for a while")
        let record = ProcessingRecord(
            generatedAt: time, organization: "Shops *Ltd*", brand: "A|B",
            purposes: [
                ProcessingPurpose(name: "marketing", legalBasis: "consent", people: 1_234),
                ProcessingPurpose(name: "orders", legalBasis: "contract"),
            ],
            activities: [
                ProcessingActivity(
                    service: "signals", purpose: "knowing", people: .customers, data: ["identity"], tables: [table])
            ],
            recipients: [ProcessingRecipient(kind: "smtp", name: "Mail")],
            retention: [
                RetentionRule(
                    service: "signals", table: "signals", holds: "facts", kept: "x", canExpire: true, days: 730)
            ],
            measures: [ProcessingMeasure(service: "signals", measure: "What is deleted is overwritten.")])
        let lines = RecordCommand.markdown(record).split(separator: "\n", omittingEmptySubsequences: false)
        for line in [
            #"Controller: Shops \*Ltd\*, for A\|B. As of 2026-01-01T00:00:00Z."#,
            "- marketing: consent, recorded of 1,234 people", "- orders: contract", "### knowing (signals)",
            "| actors | who is known | for a while |", "- signals.signals: 730 days", "- Mail (smtp)",
            "- signals: What is deleted is overwritten.", "## Data of staff",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }
}
