import Assignment
import Testing

@Suite("Patterns")
struct PatternTests {
    @Test(
        "What matches in JavaScript matches here",
        arguments: [
            ("^u[0-9]+$", "u12", true), ("^u[0-9]+$", "u12x", false), ("a|b|", "", true),
            ("^(a|ab)(c|bcd)$", "abcd", true),
            ("(Mobile|Tablet)", "Android Mobile", true), ("-12-25$", "1980-12-25", true), (".", "\u{2028}", false),
            ("^.$", "😀", true), ("a{2,3}$", "baaa", true), ("^a{2,3}$", "aaaa", false), ("a{,3}", "a{,3}", true),
            ("x{", "x{", true), ("\\d", "٣", false), ("\\w", "é", false), ("\\bfoo\\b", "a foo.", true),
            ("\\Boo", "foo", true), ("[^a-c]", "abc", false), ("[a\\-z]", "-", true), ("[\\]a-]", "]", true),
            ("\\/path\\/", "/path/", true), ("\\u00e9", "é", true), ("\\x41", "A", true), ("a$", "a\n", false),
            ("^(?:a|b)*?c", "ababc", true), ("(?<year>\\d{4})", "in 2026", true), ("()", "", true),
            ("\\s", "\u{FEFF}", true),
            ("^[\\s\\S]$", "\n", true), ("(a*)*b", "aaab", true), ("", "anything", true), ("[^\\D]", "x", false),
        ])
    func matches(pattern: String, text: String, answer: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == answer)
    }

    @Test("Case is ignored by JavaScript's simple folding")
    func ignoringCase() throws {
        #expect(try Pattern("^ÄRGER$", ignoringCase: true).matches("ärger"))
        #expect(try Pattern("[a-z]+", ignoringCase: true).matches("ABC"))
        #expect(try Pattern("σ", ignoringCase: true).matches("ς"))
        #expect(try !Pattern("[^a]", ignoringCase: true).matches("A"))
        // "ß" has no single upper case, and "ſ" stays outside ASCII.
        #expect(try !Pattern("SS", ignoringCase: true).matches("ß"))
        #expect(try !Pattern("s", ignoringCase: true).matches("ſ"))
    }

    @Test(
        "What is no pattern, or needs backtracking, is refused with the character",
        arguments: [
            ("a(b", "at character 2"), ("a)", "at character 2"), ("*a", "at character 1"), ("[a", "at character 1"),
            ("[z-a]", "at character 3"), ("(?=a)", "at character 1"), ("(?<!a)b", "at character 1"),
            ("(a)\\1", "at character 5"), ("(?i)a", "at character 1"), ("a\\", "at character 3"),
            ("\\q", "at character 2"),
            ("^*", "at character 1"), ("a{3,2}", "at character 2"), ("[]", "at character 1"), ("a**", "at character 3"),
            ("\\u12", "at character 3"),
        ])
    func refused(pattern: String, place: String) {
        let error = #expect(throws: AssignmentError.self) { try Pattern(pattern) }
        #expect(error?.message.contains(place) == true, "\(error as Any)")
    }

    @Test("Limits hold at their edges, and what blows up elsewhere is quick")
    func limits() throws {
        #expect(throws: Never.self) { try Pattern(String(repeating: "a", count: Pattern.maximumLength)) }
        #expect(throws: AssignmentError.self) { try Pattern(String(repeating: "a", count: Pattern.maximumLength + 1)) }
        #expect(throws: Never.self) { try Pattern("a{499}") }
        #expect(throws: AssignmentError.self) { try Pattern("a{501}") }
        #expect(throws: AssignmentError.self) { try Pattern("((a{40}){40}){40}") }
        #expect(try Pattern("((((){500}){500}){500}){500}").matches(""))
        let deep = Pattern.maximumDepth
        #expect(throws: Never.self) {
            try Pattern(String(repeating: "(", count: deep) + String(repeating: ")", count: deep))
        }
        #expect(throws: AssignmentError.self) {
            try Pattern(String(repeating: "(", count: deep + 1) + String(repeating: ")", count: deep + 1))
        }
        let text = String(repeating: "a", count: Pattern.maximumTextLength)
        #expect(try Pattern("^a+$").matches(text))
        #expect(try !Pattern("^a+$").matches(text + "a"))
        // Exponential where a machine goes back: 2^30 ways.
        #expect(try !Pattern("^(a+)+$").matches(String(repeating: "a", count: 30) + "!"))
        #expect(try !Pattern("(a|a)*b").matches(String(repeating: "a", count: 2_000)))
    }
}
