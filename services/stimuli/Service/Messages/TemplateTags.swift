/// The tags of a message's source: what it uses, and what it may not.
struct TemplateTags {
    /// Sections within sections.
    static let maximumDepth = 8
    /// Names that one message may use of a person.
    static let maximumFields = 200

    /// The names it uses of a person, without `person.`, in the order in which they first stand there.
    private(set) var fields: [String] = []

    /// Reads the subject, if there is one, and the body.
    ///
    /// - Throws: ``TemplateProblem``
    init(subject: String?, body: String) throws(TemplateProblem) {
        if let subject { try read(subject, at: "/params/subject") }
        try read(body, at: "/params/body")
        guard fields.count <= Self.maximumFields else {
            throw TemplateProblem(
                at: "/params/body", "uses \(fields.count) names of a person; at most \(Self.maximumFields)")
        }
    }

    private mutating func read(_ text: String, at place: String) throws(TemplateProblem) {
        var rest = text[...]
        var depth = 0
        while let tag = Self.nextTag(in: &rest) {
            let sigil = tag.first
            switch sigil {
            case ">", "<", "$":
                throw TemplateProblem(at: place, "has the tag {{\(tag)}}: partials and blocks are not for messages")
            case "=", "%":
                throw TemplateProblem(
                    at: place, "has the tag {{\(tag)}}: messages have no other delimiters and no settings")
            case "!": continue
            case "/":
                depth -= 1
                continue
            default: break
            }
            let isSection = sigil == "#" || sigil == "^"
            let name = Self.name(isSection || sigil == "&" || sigil == "{" ? tag.dropFirst() : tag)
            try note(name, isOutside: depth == 0, at: place)
            guard isSection else { continue }
            depth += 1
            guard depth <= Self.maximumDepth else {
                throw TemplateProblem(at: place, "has more than \(Self.maximumDepth) sections within each other")
            }
        }
    }

    /// Outside of sections a name begins with one of the roots. Within them it may be of what they open.
    private mutating func note(_ name: Substring, isOutside: Bool, at place: String) throws(TemplateProblem) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, MessageValues.roots.contains(String(parts[0])), parts.allSatisfy({ !$0.isEmpty }) else {
            if !isOutside { return }
            throw TemplateProblem(
                at: place,
                "uses \(name.isEmpty ? "no name" : "the name \(name)"); names begin with person., offer. or campaign.")
        }
        guard parts[0] == "person" else { return }
        let field = String(parts[1])
        if !fields.contains(field) { fields.append(field) }
    }

    /// What stands between the next braces, and goes behind them; nil behind the last.
    private static func nextTag(in text: inout Substring) -> Substring? {
        guard let opening = text.firstRange(of: "{{") else { return nil }
        let behind = text[opening.upperBound...]
        // Without an end it is no tag; the parser says so.
        guard let closing = behind.firstRange(of: "}}") else { return nil }
        text = behind[closing.upperBound...]
        return behind[..<closing.lowerBound]
    }

    /// `uppercased(person.firstName)` is about person.firstName.
    private static func name(_ tag: Substring) -> Substring {
        let trimmed = tag.filter { !$0.isWhitespace }
        guard let open = trimmed.lastIndex(of: "("), let close = trimmed.firstIndex(of: ")"), open < close else {
            return trimmed[...]
        }
        return trimmed[trimmed.index(after: open)..<close]
    }
}

extension Substring {
    /// Where a text first stands in this one.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
