/// Strings as Swift source.
enum SwiftLiteral {
    /// `"a \"quoted\" word"`.
    static func string(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\0"..." ": literal += scalar == " " ? " " : "\\u{\(String(scalar.value, radix: 16))}"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }

    /// The same, or a literal of several lines where it would be longer than `width`.
    ///
    /// - Parameter label: what stands in front of it: `summary: `.
    static func string(_ text: String, label: String = "", width: Int) -> String {
        let single = label + string(text)
        // Room for the quotes' own comma or bracket.
        guard width < .max, single.count > width - 2 else { return single }
        let indent = label.isEmpty ? "" : "    "
        let escaped = String(string(text).dropFirst().dropLast())
        let lines = folded(escaped, width: width - indent.count - 2)
        let body = lines.map { indent + $0.text + ($0.continues ? "\\" : "") }
        return (["\(label)\"\"\""] + body + ["\(indent)\"\"\""]).joined(separator: "\n")
    }

    /// The lines of a raw multi-line literal, from `#"""` to `"""#`, without indentation.
    ///
    /// - Parameters:
    ///   - lines: the text; a line break is written between lines, and none where `continues` says so.
    ///   - label: what stands in front of it; its indentation is that of the whole literal.
    ///   - close: what stands behind it.
    static func raw(_ lines: [Line], label: String = "", close: String = "") -> [String] {
        let hashes = hashes(for: lines.map(\.text).joined(separator: "\n"))
        let body = lines.enumerated().map { index, line in
            line.continues && index < lines.count - 1 ? line.text + "\\\(hashes)" : line.text
        }
        let margin = label.isEmpty ? "" : String(label.prefix { $0 == " " }) + "    "
        return ["\(label)\(hashes)\"\"\""] + body.map { $0.isEmpty ? "" : margin + $0 } + [
            "\(margin)\"\"\"\(hashes)\(close)"
        ]
    }

    struct Line {
        var text: String
        /// Whether the next line belongs to the same line of the text.
        var continues = false
    }

    /// Breaks one long line where a break reads well, so that no line is longer than `width`.
    static func folded(_ text: String, width: Int) -> [Line] {
        var lines: [Line] = []
        var rest = text[...]
        while rest.count > width {
            let window = rest.prefix(width)
            let comma = window.lastIndex(of: ",").map { rest.index(after: $0) }
            let space = window.lastIndex(of: " ").map { rest.index(after: $0) }
            let end = max(comma ?? rest.startIndex, space ?? rest.startIndex)
            let cut = end > rest.startIndex ? end : window.endIndex
            lines.append(Line(text: String(rest[..<cut]), continues: true))
            rest = rest[cut...]
        }
        lines.append(Line(text: String(rest)))
        return lines
    }

    /// As many as are needed so that the text neither ends the literal nor escapes from it.
    private static func hashes(for text: String) -> String {
        var hashes = "#"
        while text.contains("\"\"\"\(hashes)") || text.contains("\\\(hashes)") { hashes += "#" }
        return hashes
    }
}
