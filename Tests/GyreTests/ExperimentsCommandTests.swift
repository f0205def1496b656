import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import Testing

@testable import Gyre

/// What `gyre experiments` reads and writes.
@Suite struct ExperimentsCommandTests {
    @Test("A share is a percentage with two decimals at most, and nothing beyond a hundred")
    func percent() {
        let good = ["0": 0, "5": 500, "2.5": 250, "2.05%": 205, "100": 10_000, "99.99": 9_999]
        for (text, share) in good { #expect(Percent(argument: text)?.tenThousandths == share, "\(text)") }
        for text in ["", "%", "-1", "100.01", "101", "1.234", "1.", ".5", "1,5", "five"] {
            #expect(Percent(argument: text) == nil, "\(text)")
        }
        #expect([0, 1, 205, 250, 10_000].map(\.asPercent) == ["0 %", "0.01 %", "2.05 %", "2.5 %", "100 %"])
    }

    @Test("An attribute is JSON where it is some, and else the text it is")
    func attribute() {
        #expect(UnitAttribute(argument: "country=DE")?.value == "DE")
        #expect(UnitAttribute(argument: "age=42")?.value == 42)
        #expect(UnitAttribute(argument: "tags=[\"a\"]")?.value == ["a"])
        #expect(UnitAttribute(argument: "a=b=c")?.value == "b=c")
        #expect(UnitAttribute(argument: "=x") == nil && UnitAttribute(argument: "x") == nil)
    }

    @Test("A mistake in a file of an experiment is told at its line")
    func place() throws {
        let file = try MappingFile(
            yaml: """
                key: checkout
                condition:
                  age:
                    $gtt: 3
                """, name: "checkout.yaml")
        let error = RPCError.invalidParams(at: "/params/condition/age/$gtt", "is no operator")
        let told = file.failure(of: error, under: "/params")
        #expect(told?.message == "checkout.yaml, line 4: /condition/age/$gtt is no operator.")
    }

    @Test("Every command parses as its help shows it")
    func examples() throws {
        for line in [
            "experiments force checkout qa-1 free-delivery --note why",
            "experiments force checkout qa-2 --out --until 2027-01-01T00:00:00Z", "experiments unforce checkout qa-1",
            "experiments forced", "experiments forced checkout --json", "experiments config checkout free-delivery",
            "groups", "groups set testers --attribute id --value u1 --value u2",
            "groups set testers --attribute id --file testers.txt",
            #"groups set adults --condition {"age":{"$gte":18}}"#,
            "groups show testers", "groups delete testers", "unit-types", "unit-types set household householdId",
            "unit-types set visit --nobody", "bandits",
            "bandits create dinner --policy-version 01930000-0000-7000-8000-000000000001 --arm a --arm b --feature x",
            "bandits show dinner", "bandits decide dinner --unit household:h7 --feature -3.5 --arm a",
            "bandits reward 01930000-0000-7000-8000-000000000001 1",
            "bandits reward 01930000-0000-7000-8000-000000000001 -- -2.5",
            "bandits dataset dinner dinners 2026-01 --reward orders",
        ] {
            #expect(throws: Never.self, "\(line)") {
                try Gyre.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
    }

    @Test(
        "What makes no sense is refused before anything is done",
        arguments: [
            "experiments force checkout qa-1", "experiments force checkout qa-1 new --out",
            "experiments config checkout", "groups set testers", "groups set testers --value a --file b",
            "groups set adults --condition [1]", #"groups set adults --condition {} --attribute id"#,
            "unit-types set visit", "unit-types set visit visitId --nobody", "bandits decide dinner --unit household:",
            "bandits reward 7 1",
        ])
    func refused(line: String) {
        #expect(throws: (any Error).self) { try Gyre.parseAsRoot(line.split(separator: " ").map(String.init)) }
    }

    @Test("A list has a value a line; white space around it and empty lines say nothing")
    func list() {
        #expect(GroupsCommand.lines("u1\n\n  u 2\t\r\n \nu3") == ["u1", "u 2", "u3"])
        #expect(GroupsCommand.lines("\n") == [])
    }

    @Test("A unit is a user unless a type is said, and may have colons in its id")
    func unitName() {
        #expect(UnitName(argument: "u1")?.unit == DatasetUnit(type: "user", id: "u1"))
        #expect(UnitName(argument: "household:h:7")?.unit == DatasetUnit(type: "household", id: "h:7"))
        #expect(UnitName(argument: ":h") == nil && UnitName(argument: "") == nil)
    }

    @Test("A config is told with all it refers to, and the prompt's text below")
    func config() throws {
        let config = try ResolvedVariantConfig(
            json: Array(
                """
                {"experiment":"checkout","variant":"new","strategy":"prompt_template","value":"new","params":{"t":0.2},\
                "config":{},"modelProvider":"anthropic","modelName":"m","promptVersion":{"id":\
                "01930000-0000-7000-8000-000000000083","name":"onboarding","version":2,"template":"Hello!","hash":\
                "\(String(repeating: "0", count: 64))","params":{},"createdAt":"2026-01-01T00:00:00Z"}}
                """.utf8))
        #expect(
            ExperimentsCommand.description(of: config) == """
                checkout   new
                strategy   prompt_template
                prompt     onboarding 2, anthropic m
                params     {"t":0.2}
                flags get  "new"

                Hello!

                """)
    }

    @Test("Of a bandit each arm is told with the rewards it was learned from")
    func learned() throws {
        func bandit(_ kind: String, _ learned: String) throws -> Bandit {
            try Bandit(
                json: Array(
                    """
                    {"id":"01930000-0000-7000-8000-000000000001","key":"dinner","policyVersionId":\
                    "01930000-0000-7000-8000-000000000002","kind":"\(kind)","arms":["a"],"features":[],"floor":0.01,\
                    "optimism":1,"penalty":1,"decisions":4,"createdAt":"2026-01-01T00:00:00Z","learned":[\(learned)]}
                    """.utf8))
        }
        #expect(
            BanditsCommand.learned(try bandit("thompson", #"{"arm":"a","successes":3,"failures":1}"#)).text() == """
                ARM  REWARDS    MEAN
                a      4.000  0.7500

                """)
        #expect(
            BanditsCommand.learned(
                try bandit("linUcb", #"{"arm":"a","model":{"arm":"a","count":4,"gram":[4],"moment":[2]}}"#)
            ).text() == """
                ARM  REWARDS
                a          4

                """)
    }
}
