import Testing

@testable import ProtoGen

/// Patterns of the subset, and why others are refused.
struct CharacterPatternTests {
    @Test(
        "An anchored sequence of classes matches as in JSON Schema",
        arguments: [
            ("^[a-z][a-z0-9-]{2,62}$", "a-9", true), ("^[a-z][a-z0-9-]{2,62}$", "-a9", false),
            ("^[0-9a-f]{64}$", String(repeating: "e", count: 64), true),
            ("^[0-9a-f]{64}$", String(repeating: "e", count: 65), false),
            ("^[A-Z]{3}$", "EUR", true), ("^[A-Z]{3}$", "EURO", false), ("^[A-Z]{3}$", "EU", false),
            ("^v\\d+\\.\\d+$", "v12.0", true), ("^v\\d+\\.\\d+$", "v12", false),
            ("^-?[1-9]\\d*$", "-10", true), ("^-?[1-9]\\d*$", "--10", false),
            ("^[a-]$", "-", true), ("^a{2,}b?$", "aaa", true), ("^a{2,}b?$", "ab", false), ("^$", "", true),
        ])
    func matching(_ pattern: String, _ text: String, _ matches: Bool) throws {
        #expect(try CharacterPattern(pattern).matches(text) == matches)
    }

    @Test("The lengths that a pattern allows follow from its counts")
    func lengths() throws {
        let bounded = try CharacterPattern("^[a-z][a-z0-9-]{2,62}$")
        #expect(bounded.minimumLength == 3)
        #expect(bounded.maximumLength == 63)
        #expect(try CharacterPattern("^[a-z]+$").maximumLength == nil)
    }

    @Test(
        "What would need backtracking or a regular-expression engine is refused with the reason",
        arguments: [
            ("[a-z]", "must begin with ^"), ("^[a-z]", "must end with $"), ("^a$b$", "must end with its first $"),
            ("^(ab)$", "may hold character classes and counts only, not '('"),
            ("^.$", "may hold character classes and counts only, not '.'"),
            ("^[^a]$", "may not negate a class"), ("^[]$", "has an empty class"), ("^[a$", "has a class without its ]"),
            ("^[z-a]$", "has a range that runs backwards"), ("^a{3,2}$", "has a count that runs backwards"),
            ("^\\w$", "may not use \\w"), ("^é$", "may hold printable ASCII only"),
            ("^a{x}$", "has a count that is no number up to a million"),
            ("^[a-z]*[a-f]$", "has a class of variable length that shares characters with what may follow it"),
            ("^[a-z]*-?[a-f]$", "has a class of variable length that shares characters with what may follow it"),
        ])
    func refusals(_ pattern: String, _ message: String) {
        let error = #expect(throws: CharacterPattern.Unsupported.self) { try CharacterPattern(pattern) }
        #expect(error?.message == message)
    }

    @Test("A class of fixed length may share characters with the next one")
    func determinism() throws {
        #expect(try CharacterPattern("^[a-z]{2}[a-z]+$").matches("abc"))
        #expect(try CharacterPattern("^[a-z]*-[a-f]$").matches("xyz-a"))
    }
}
