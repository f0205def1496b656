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
}
