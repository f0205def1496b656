extension Method {
    /// `Keys+Revoke`.
    var fileName: String { "\(SwiftName.type(noun))+\(SwiftName.type(verb))" }

    func render(_ parameters: StructDeclaration, _ reply: Translator.Reply, to text: inout SourceText) {
        text.block("extension \(SwiftName.type(noun))") { (text: inout SourceText) in
            text.documentation(documentation)
            text.block("public enum \(SwiftName.type(verb))") { (text: inout SourceText) in
                text.documentation(["What the contract says of `\(name)`."])
                let width = SourceText.width - text.indent - 4
                text.list("public static let method = MethodDescription(", descriptionArguments(width), ")")
                text.blank()
                parameters.render(to: &text)
                text.blank()
                switch reply {
                case .structure(let declaration):
                    declaration.render(to: &text)
                case .alias(let type):
                    text.documentation(["What `\(name)` answers."])
                    text.line("public typealias Reply = \(type)")
                }
            }
        }
    }

    /// The summary, and the description if there is one.
    var documentation: [String] {
        [Documentation.sentence(summary)] + (description.map { [Documentation.sentence($0)] } ?? [])
    }

    private func descriptionArguments(_ width: Int) -> [String] {
        var arguments = [
            "name: \(SwiftLiteral.string(name))",
            SwiftLiteral.string(summary, label: "summary: ", width: width),
            "kind: .\(kind.rawValue)",
            "database: .\(database.rawValue)",
            "scope: \(Self.optional(scope))",
            "cost: \(ReadExpression.literal(cost))",
            "costItems: \(Self.optional(costItems))",
            "isAudited: \(isAudited)",
            "isIdempotent: \(isIdempotent)",
        ]
        if awaitsDelivery { arguments.append("awaitsDelivery: true") }
        if actors != .everybody { arguments.append("actors: .\(actors.rawValue)") }
        arguments.append(Self.array(callers, label: "callers: ", width: width))
        return arguments
    }

    /// An array of texts: on one line with the bracket of the call behind it, or as `swift format` breaks it.
    private static func array(_ texts: [String], label: String, width: Int) -> String {
        let items = texts.map(SwiftLiteral.string)
        let single = label + "[" + items.joined(separator: ", ") + "]"
        if single.count < width { return single }
        var lines: [String] = []
        for item in items {
            if let last = lines.last, last.count + 1 + item.count + 1 <= width - SourceText.step {
                lines[lines.count - 1] = last + " " + item + ","
            } else {
                lines.append(item + ",")
            }
        }
        let indentation = String(repeating: " ", count: SourceText.step)
        return label + "[\n" + lines.map { indentation + $0 + "\n" }.joined() + "]"
    }

    private static func optional(_ text: String?) -> String { text.map(SwiftLiteral.string) ?? "nil" }
}
