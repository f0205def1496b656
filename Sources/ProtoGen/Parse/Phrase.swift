/// Small pieces of English that messages and comments share.
enum Phrase {
    /// "a", "a or b", "a, b or c".
    static func oneOf(_ words: [String]) -> String { list(words, "or") }

    /// "a", "a and b", "a, b and c".
    static func all(_ words: [String]) -> String { list(words, "and") }

    /// "1 byte", "2 bytes".
    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }
}
