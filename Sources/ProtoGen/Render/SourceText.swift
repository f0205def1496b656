/// Swift source under construction: lines with the right indentation, broken as `swift format` breaks them.
struct SourceText {
    /// The longest line, in columns.
    static let width = 120
    static let step = 4

    private var lines: [String] = []
    private var depth = 0

    /// The whole file, ending in a line break.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Columns left of the text of a line.
    var indent: Int { depth * Self.step }

    mutating func line(_ text: String) {
        lines.append(text.isEmpty ? "" : String(repeating: " ", count: indent) + text)
    }

    mutating func lines(_ texts: some Sequence<String>) {
        for text in texts { line(text) }
    }

    /// An empty line, unless one stands here already or a block has just begun.
    mutating func blank() {
        guard let last = lines.last, !last.isEmpty, !last.hasSuffix("{") else { return }
        lines.append("")
    }

    /// `head {` … `}`.
    mutating func block<E: Error>(_ head: String, _ body: (inout SourceText) throws(E) -> Void) throws(E) {
        line(head + " {")
        try indented(body)
        line("}")
    }

    mutating func indented<E: Error>(_ body: (inout SourceText) throws(E) -> Void) throws(E) {
        depth += 1
        try body(&self)
        depth -= 1
    }

    /// Paragraphs of a doc comment.
    mutating func documentation(_ paragraphs: [String]) {
        for (index, paragraph) in paragraphs.enumerated() {
            if index > 0 { line("///") }
            for text in Self.wrapped(paragraph, width: Self.width - indent - 4) { line("/// " + text) }
        }
    }

    /// `open` item, item … `close`: on one line if that fits, else the items on lines of their own, as many as fit.
    ///
    /// - Parameters:
    ///   - items: one of several lines, such as a multi-line literal, gets lines of its own.
    ///   - closeOnOwnLine: where the bracket goes when the items are broken: declarations give it a line of its own,
    ///     calls do not.
    mutating func list(_ open: String, _ items: [String], _ close: String, closeOnOwnLine: Bool = false) {
        let single = open + items.joined(separator: ", ") + close
        let isBroken = single.contains("\n") || indent + single.count > Self.width
        guard isBroken, !items.isEmpty else { return line(single) }
        line(open)
        depth += 1
        var current = ""
        for (index, item) in items.enumerated() {
            let piece = item + (index < items.count - 1 ? "," : closeOnOwnLine ? "" : close)
            if !current.isEmpty, !piece.contains("\n"), indent + current.count + 1 + piece.count <= Self.width {
                current += " " + piece
                continue
            }
            if !current.isEmpty { line(current) }
            current = piece.contains("\n") ? "" : piece
            if current.isEmpty { lines(piece.split(separator: "\n").map(String.init)) }
        }
        if !current.isEmpty { line(current) }
        depth -= 1
        if closeOnOwnLine { line(close) }
    }

    /// An element of a literal: its lines, the later ones indented against the first, and what is said of it.
    struct Element {
        let lines: [String]
        var comment = ""
    }

    /// `head [` an element a line `]`.
    mutating func collection(_ head: String, _ elements: [Element], empty: String = "[]") {
        guard !elements.isEmpty else { return line(head + empty) }
        line(head + "[")
        // `swift format` wants a comma behind the last of several elements, and none behind a single one.
        let comma = elements.count > 1 ? "," : ""
        indented { (text: inout SourceText) in
            for element in elements {
                text.lines(element.lines.dropLast())
                let comment = element.comment.isEmpty ? "" : "  // \(element.comment)"
                text.line((element.lines.last ?? "") + comma + comment)
            }
        }
        line("]")
    }

    /// `guard condition else { throw … }`, on one line if that fits.
    mutating func guardLine(_ condition: String, throwing failure: ReadFailure) {
        let single = "guard \(condition) else { throw \(failure.expression) }"
        if indent + single.count <= Self.width { return line(single) }
        block("guard \(condition) else") { $0.throwLine(failure) }
    }

    /// `default: throw …`, on one line if that fits.
    mutating func defaultCase(throwing failure: ReadFailure) {
        let single = "default: throw \(failure.expression)"
        if indent + single.count <= Self.width { return line(single) }
        line("default:")
        indented { $0.throwLine(failure) }
    }

    /// `throw reader.fail(…)`, broken where it is too long.
    mutating func throwLine(_ failure: ReadFailure) {
        let limit = Self.width - indent - Self.step
        list("throw \(failure.function)(", failure.arguments(width: limit), ")")
    }

    /// `name = value`, with the value on a line of its own where one is too short.
    mutating func assignment(to name: String, _ value: String) {
        let single = "\(name) = \(value)"
        if indent + single.count <= Self.width { return line(single) }
        line("\(name) =")
        indented { $0.line(value) }
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        for word in text.split(separator: " ") {
            if current.isEmpty {
                current = String(word)
            } else if current.count + 1 + word.count <= width {
                current += " " + word
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        return lines + [current]
    }
}
