import Testing

@testable import ProtoGen

/// How names of contracts become names of Swift, and text becomes literals.
struct SwiftNameTests {
    @Test(
        "The type of an array's element is the singular of the member's name",
        arguments: [
            ("items", "Item"), ("identities", "Identity"), ("statuses", "Status"), ("boxes", "Box"),
            ("branches", "Branch"), ("classes", "Class"), ("sort", "SortElement"), ("address", "AddressElement"),
            ("rules", "Rule"),
        ])
    func elements(_ member: String, _ type: String) {
        #expect(SwiftName.element(member) == type)
    }

    @Test(
        "An enumeration's values become cases in lower camel case",
        arguments: [
            ("in-progress", "inProgress"), ("EUR", "eur"), ("default", "`default`"), ("7d", "value7d"),
            ("ISO 4217", "iso4217"), ("camelCase", "camelCase"), ("Retail", "retail"), ("-", "empty"),
        ])
    func cases(_ value: String, _ name: String) {
        #expect(SwiftName.enumCase(value) == name)
    }

    @Test("A literal escapes what would end it or change it")
    func literals() {
        #expect(SwiftLiteral.string("a\"b\\c\n\u{1}é\\(x)") == #""a\"b\\c\n\u{1}é\\(x)""#)
        #expect(SwiftLiteral.raw([.init(text: "\"\"\"#")]) == ["##\"\"\"", "\"\"\"#", "\"\"\"##"])
    }

    @Test("A long line is folded at commas and spaces and says the same")
    func folding() {
        let text = #"{"a":"some words in a row","b":[1,2,3,4,5,6,7,8,9,10,11,12]}"#
        let lines = SwiftLiteral.folded(text, width: 20)
        #expect(lines.map(\.text).joined() == text)
        #expect(lines.allSatisfy { $0.text.count <= 20 })
        #expect(lines.dropLast().allSatisfy(\.continues) && lines.last?.continues == false)
    }
}
