extension ReadFunction {
    func render(to text: inout SourceText) {
        text.blank()
        switch type.form {
        case .string(let limits): string(limits, &text)
        case .raw(let limits): raw(limits, &text)
        case .array(let element, let limits): array(element, limits, &text)
        case .dictionary(let value, let names, let limits): dictionary(value, names, limits, &text)
        case .boolean, .integer, .number, .decimal, .format, .named: break
        }
    }

    /// `private static func readSlug(from reader: inout JSONReader) throws(JSONError) -> String {` … `}`.
    private func function(_ text: inout SourceText, _ body: (inout SourceText) -> Void) {
        text.list(
            "private static func \(name)(", ["from reader: inout JSONReader"],
            ") throws(JSONError) -> \(type.name) {", closeOnOwnLine: true)
        text.indented(body)
        text.line("}")
    }

    // MARK: Strings

    private func string(_ limits: Schema.StringLimits, _ text: inout SourceText) {
        guard let pattern = limits.pattern else { return }
        function(&text) { (text: inout SourceText) in
            text.line("let text = try reader.readString(\(ReadExpression.lengths(limits)))")
            text.guardLine(
                "\(Self.predicate(name))(text)",
                throwing: .value(message: "must match \(pattern.text)"))
            text.line("return text")
        }
        Self.renderPredicate(Self.predicate(name), pattern, &text)
    }

    /// `readSlug` → `isSlug`.
    static func predicate(_ name: String) -> String { "is" + name.dropFirst("read".count) }

    static func renderPredicate(_ name: String, _ pattern: CharacterPattern, _ text: inout SourceText) {
        text.blank()
        text.documentation(["Whether `text` matches `\(pattern.text)`."])
        text.block("private static func \(name)(_ text: String) -> Bool") { (text: inout SourceText) in
            text.line("var rest = text.utf8[...]")
            for (index, run) in pattern.runs.enumerated() { Self.renderRun(run, "run\(index + 1)", &text) }
            text.line("return rest.isEmpty")
        }
    }

    /// Takes as many characters of one class as there are, and returns false if they are too few.
    private static func renderRun(_ run: CharacterPattern.Run, _ name: String, _ text: inout SourceText) {
        let window = run.maximum.map { "rest.prefix(\(ReadExpression.literal($0)))" } ?? "rest"
        text.line("let \(name) = \(window).prefix { byte in")
        text.indented { (text: inout SourceText) in
            text.line("switch byte {")
            for range in run.ranges { text.line("case \(Self.pattern(range)): true") }
            text.line("default: false")
            text.line("}")
        }
        text.line("}")
        if run.minimum > 0 {
            text.line("guard \(name).count >= \(ReadExpression.literal(run.minimum)) else { return false }")
        }
        text.line("rest = rest[\(name).endIndex...]")
    }

    private static func pattern(_ range: ClosedRange<UInt8>) -> String {
        range.count == 1 ? ascii(range.lowerBound) : "\(ascii(range.lowerBound))...\(ascii(range.upperBound))"
    }

    private static func ascii(_ byte: UInt8) -> String {
        "UInt8(ascii: \(SwiftLiteral.string(String(UnicodeScalar(byte)))))"
    }

    // MARK: Raw values

    private func raw(_ limits: Schema.RawLimits, _ text: inout SourceText) {
        function(&text) { (text: inout SourceText) in
            if let type = limits.type {
                text.guardLine("try reader.peek() == .\(Self.kind(type))", throwing: Self.mismatch(type))
            }
            text.line("let value = try reader.readRaw()")
            if let maximum = limits.maximumBytes {
                text.guardLine(
                    "value.bytes.count <= \(ReadExpression.literal(maximum))",
                    throwing: .value(message: "must have at most \(Phrase.count(maximum, "byte"))"))
            }
            text.line("return value")
        }
    }

    private static func kind(_ type: Schema.JSONType) -> String {
        switch type {
        case .array: "array"
        case .boolean: "bool"
        case .integer, .number: "number"
        case .null: "null"
        case .object: "object"
        case .string: "string"
        }
    }

    private static func mismatch(_ type: Schema.JSONType) -> ReadFailure {
        let what =
            switch type {
            case .array: "an array"
            case .boolean: "true or false"
            case .integer, .number: "a number"
            case .null: "null"
            case .object: "an object"
            case .string: "a string"
            }
        return .value(.type, message: "must be \(what)", at: "reader.offset")
    }

    // MARK: Arrays and dictionaries

    private func array(_ element: SwiftType, _ limits: Schema.CountLimits, _ text: inout SourceText) {
        let read = ReadExpression(element, name: name + "Element")
        function(&text) { (text: inout SourceText) in
            if limits.maximum != nil { text.line("let start = reader.offset") }
            text.line("var elements: \(type.name) = []")
            text.line("try reader.beginArray()")
            text.block("while try reader.nextElement()") { (text: inout SourceText) in
                Self.refuseMore(than: limits.maximum, "elements", "element", &text)
                text.line("elements.append(try \(read.call))")
            }
            Self.refuseFewer(than: limits.minimum, "elements", "element", &text)
            text.line("return elements")
        }
    }

    private func dictionary(
        _ value: SwiftType, _ names: Schema.StringLimits, _ limits: Schema.CountLimits, _ text: inout SourceText
    ) {
        let read = ReadExpression(value, name: name + "Value")
        function(&text) { (text: inout SourceText) in
            if limits.maximum != nil { text.line("let start = reader.offset") }
            text.line("var members: \(type.name) = [:]")
            text.line("try reader.beginObject()")
            text.block("while let key = try reader.nextMember()") { (text: inout SourceText) in
                Self.refuseMore(than: limits.maximum, "members", "member", &text)
                text.line("let name = key.string")
                Self.checkName(names, predicate: Self.predicate(name) + "Name", &text)
                text.guardLine(
                    "members.index(forKey: name) == nil",
                    throwing: .value(.duplicateMember, message: "appears twice"))
                text.line("members[name] = try \(read.call)")
            }
            Self.refuseFewer(than: limits.minimum, "members", "member", &text)
            text.line("return members")
        }
        if let pattern = names.pattern { Self.renderPredicate(Self.predicate(name) + "Name", pattern, &text) }
    }

    private static func refuseMore(
        than maximum: Int?, _ variable: String, _ noun: String, _ text: inout SourceText
    ) {
        guard let maximum else { return }
        text.guardLine(
            "\(variable).count < \(ReadExpression.literal(maximum))",
            throwing: .value(message: "must have at most \(Phrase.count(maximum, noun))", at: "start"))
    }

    private static func refuseFewer(
        than minimum: Int?, _ variable: String, _ noun: String, _ text: inout SourceText
    ) {
        guard let minimum, minimum > 0 else { return }
        if minimum == 1 {
            text.guardLine("!\(variable).isEmpty", throwing: .value(message: "must not be empty"))
        } else {
            text.guardLine(
                "\(variable).count >= \(ReadExpression.literal(minimum))",
                throwing: .value(message: "must have at least \(Phrase.count(minimum, noun))"))
        }
    }

    private static func checkName(_ limits: Schema.StringLimits, predicate: String, _ text: inout SourceText) {
        if let minimum = limits.minimum, minimum > 0 {
            let message =
                minimum == 1 ? "must not have an empty name" : "must have a name of at least \(minimum) characters"
            text.guardLine(
                minimum == 1 ? "!name.isEmpty" : "name.unicodeScalars.count >= \(ReadExpression.literal(minimum))",
                throwing: .value(message: message))
        }
        if let maximum = limits.maximum {
            text.guardLine(
                "name.unicodeScalars.count <= \(ReadExpression.literal(maximum))",
                throwing: .value(message: "must have a name of at most \(Phrase.count(maximum, "character"))"))
        }
        if let pattern = limits.pattern {
            text.guardLine(
                "\(predicate)(name)",
                throwing: .value(message: "must have a name that matches \(pattern.text)"))
        }
    }
}
