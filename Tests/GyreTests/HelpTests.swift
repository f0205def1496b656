import ArgumentParser
import Testing

@testable import Gyre

/// What the help of commands shows.
@Suite struct HelpTests {
    /// All commands that do something, with what they are called by.
    private static func leaves(
        _ command: any ParsableCommand.Type = Gyre.self, _ path: [String] = []
    ) -> [(path: [String], command: any ParsableCommand.Type)] {
        let children = command.configuration.subcommands
        guard !children.isEmpty else { return [(path, command)] }
        return children.flatMap { leaves($0, path + [$0._commandName]) }
    }

    @Test("Every command has examples, and they are what it takes")
    func examples() throws {
        let leaves = Self.leaves()
        #expect(leaves.count > 100)
        for (path, command) in leaves {
            // A backslash at the end of a line joins it with the next.
            let lines = command.configuration.discussion.replacing("\\\n", with: " ").split(separator: "\n")
                .map { $0.drop { $0 == " " } }
            let examples = lines.filter { $0.hasPrefix("gyre ") }
            #expect(!examples.isEmpty && lines.contains { $0.hasPrefix("EXAMPLE") }, "\(path)")
            for example in examples {
                let words = try Self.words(example).map {
                    Self.ids.contains($0) ? "01930000-0000-7000-8000-000000000001" : $0
                }
                do {
                    let parsed = try Gyre.parseAsRoot(Array(words.dropFirst()))
                    #expect(type(of: parsed) == command, "\(example)")
                } catch {
                    Issue.record("\(example): \(Gyre.message(for: error))")
                }
            }
        }
    }

    /// Words that stand for an id.
    private static let ids: Set = ["DATASET", "DECISION", "ID", "OTHER", "VERSION"]

    /// What a shell hands on of a line: quotes taken away, without what goes from and to files and other programs.
    private static func words(_ line: Substring) throws -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (character, quote) {
            case (let c, .some(let open)) where c == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (" ", nil):
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
            if quote == nil, let word, ["|", ">", "<", "#"].contains(word) { return words }
        }
        try #require(quote == nil, "\(line)")
        return words + (word.map { [$0] } ?? [])
    }
}
