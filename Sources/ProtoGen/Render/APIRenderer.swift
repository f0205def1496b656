import JSON

/// Renders what a module says about its service as a whole.
struct APIRenderer {
    let set: DocumentSet
    let document: Document

    func renderMain(to text: inout SourceText) {
        text.documentation([Documentation.sentence(document.description)])
        text.block("public enum \(document.contractName)") { (text: inout SourceText) in
            text.documentation(["Every method, in the order of the contract."])
            text.collection(
                "public static let methods: [MethodDescription] = ",
                document.methods.map { method in
                    .init(lines: ["\(SwiftName.type(method.noun)).\(SwiftName.type(method.verb)).method"])
                })
            text.blank()
            text.documentation(["The HTTP status of each error code that these methods may answer."])
            text.collection(
                "public static let httpStatuses: [Int: Int] = ",
                errors.map { .init(lines: ["\($0.code): \($0.httpStatus)"], comment: $0.name) }, empty: "[:]")
        }
    }

    /// Those that every method may answer, and those of this contract.
    private var errors: [ErrorDefinition] {
        ((set.common?.errors ?? []) + document.errors).sorted { $0.code < $1.code }
    }

    func renderErrors(to text: inout SourceText) {
        text.block("extension RPCError") { (text: inout SourceText) in
            for error in document.errors {
                text.blank()
                text.documentation([Documentation.sentence(error.message)])
                text.list(
                    "public static func \(SwiftName.member(error.name))(",
                    ["_ message: String", "data: JSONRaw? = nil"],
                    ") -> RPCError {", closeOnOwnLine: true)
                text.indented {
                    $0.line("RPCError(code: \(error.code), message: message, data: data)")
                }
                text.line("}")
            }
        }
    }

    func renderDocument(to text: inout SourceText) throws(Problem) {
        let bundle = try set.bundle(document)
        text.block("extension \(document.contractName)") { (text: inout SourceText) in
            text.documentation([
                "The contract itself, complete and on one line: `\(document.file)` with what it uses of `common.json`."
            ])
            let lines = SwiftLiteral.raw(SwiftLiteral.folded("\(bundle)", width: SourceText.width - 12))
            text.line("public static let document = \(lines[0])")
            text.indented { $0.lines(Array(lines.dropFirst())) }
        }
    }

    func renderExamples(to text: inout SourceText) throws(Problem) {
        var examples: [SourceText.Element] = []
        for method in document.methods {
            for example in method.examples { examples.append(try element(example, of: method)) }
        }
        text.block("extension \(document.contractName)") { (text: inout SourceText) in
            text.documentation(["Every example of the contract, which the contract tests execute."])
            text.collection("public static let examples: [MethodExample] = ", examples)
        }
    }

    private func element(_ example: Example, of method: Method) throws(Problem) -> SourceText.Element {
        var lines = [
            "MethodExample(",
            "    method: \(SwiftLiteral.string(method.name)),",
            "    name: \(SwiftLiteral.string(example.name)),",
            "    fixture: \(example.fixture.map(SwiftLiteral.string) ?? "nil"),",
        ]
        lines += json("params", example.parameterObject)
        switch example.outcome {
        case .result(let node):
            lines += json("result", node.value)
            lines.append("    errorCode: nil)")
        case .error(let use):
            lines.append("    result: nil,")
            lines.append("    errorCode: \(try set.error(use, in: document).code))")
        }
        return SourceText.Element(lines: lines)
    }

    private func json(_ label: String, _ value: JSONValue) -> [String] {
        SwiftLiteral.raw(SwiftLiteral.folded("\(value)", width: Self.foldWidth), label: "    \(label): ", close: ",")
    }

    /// What is left of a line in the literals of a list.
    private static let foldWidth = SourceText.width - 20
}
