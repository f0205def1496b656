extension Declaration {
    func render(to text: inout SourceText) {
        switch self {
        case .structure(let declaration): declaration.render(to: &text)
        case .enumeration(let declaration): declaration.render(to: &text)
        case .union(let declaration): declaration.render(to: &text)
        }
    }
}

extension StructDeclaration {
    func render(to text: inout SourceText) {
        text.documentation(documentation)
        text.block("public struct \(name): JSONReadable, JSONWritable, Sendable, Equatable") {
            (text: inout SourceText) in
            renderProperties(&text)
            renderInit(&text)
            renderReader(&text)
            renderWriter(&text)
            for property in properties {
                for function in property.read.functions { function.render(to: &text) }
            }
            for declaration in nested {
                text.blank()
                declaration.render(to: &text)
            }
        }
    }

    private struct StoredProperty {
        let bit: Int
        let member: Member
        let type: SwiftType
        let presence: Presence
        let read: ReadExpression

        /// In backticks where Swift wants them.
        var name: String { SwiftName.member(member.name) }
        var label: String { SwiftName.label(member.name) }
        var local: String { StructDeclaration.local(member.name) }
        var typeName: String {
            switch presence {
            case .required, .defaulted: type.name
            case .requiredOrNull, .optional, .optionalOrNull: type.name + "?"
            case .patch: "Patch<\(type.name)>"
            }
        }
    }

    private var properties: [StoredProperty] {
        members.enumerated().compactMap { bit, member in
            guard case .value(let type, let presence) = member.content else { return nil }
            let read = ReadExpression(type, name: "read" + SwiftName.type(member.name))
            return StoredProperty(bit: bit, member: member, type: type, presence: presence, read: read)
        }
    }

    private func renderProperties(_ text: inout SourceText) {
        for property in properties {
            text.documentation(property.member.documentation)
            text.line("public let \(property.name): \(property.typeName)")
        }
        for property in properties {
            guard let value = property.member.defaultText else { continue }
            let literal = SwiftLiteral.string(value)
            text.blank()
            text.documentation(["What `\(property.member.name)` is when it is absent: `\(value)`."])
            text.line("public static let \(property.member.defaultName): \(property.typeName) = {")
            text.indented { (text: inout SourceText) in
                text.block("guard let value = \(property.typeName)(\(literal)) else") { (text: inout SourceText) in
                    text.line("preconditionFailure(\"The contract was checked when this was generated.\")")
                }
                text.line("return value")
            }
            text.line("}()")
        }
    }

    private func renderInit(_ text: inout SourceText) {
        text.blank()
        let parameters = properties.map { property in
            switch property.presence {
            case .required: "\(property.label): \(property.typeName)"
            case .requiredOrNull, .optional, .optionalOrNull: "\(property.label): \(property.typeName) = nil"
            case .patch: "\(property.label): \(property.typeName) = .keep"
            case .defaulted(let literal): "\(property.label): \(property.typeName) = \(literal)"
            }
        }
        if parameters.isEmpty { return text.line("public init() {}") }
        text.list("public init(", parameters, ") {", closeOnOwnLine: true)
        text.indented { (text: inout SourceText) in
            for property in properties { text.line("self.\(property.name) = \(property.name)") }
        }
        text.line("}")
    }

    // MARK: Reading

    /// The variable that holds a member while the others are read; names that the reader uses itself are avoided.
    private static func local(_ name: String) -> String {
        ["key", "reader", "seen"].contains(name) ? name + "Value" : SwiftName.member(name)
    }

    private func renderReader(_ text: inout SourceText) {
        text.blank()
        text.block("public init(from reader: inout JSONReader) throws(JSONError)") { (text: inout SourceText) in
            guard !members.isEmpty else {
                text.line("try reader.beginObject()")
                text.block("while try reader.nextMember() != nil") { $0.line("try reader.unknownMember()") }
                return
            }
            text.line("var seen: UInt64 = 0")
            for property in properties {
                switch property.presence {
                case .patch: text.line("var \(property.local): \(property.typeName) = .keep")
                case .defaulted(let literal): text.line("var \(property.local): \(property.typeName) = \(literal)")
                default: text.line("var \(property.local): \(property.type.name)?")
                }
            }
            text.line("try reader.beginObject()")
            text.block("while let key = try reader.nextMember()") { (text: inout SourceText) in
                text.line("switch key {")
                for (bit, member) in members.enumerated() { renderCase(bit, member, &text) }
                text.line("default:")
                text.indented { $0.line("try reader.unknownMember()") }
                text.line("}")
            }
            renderMissing(&text)
            text.list("self.init(", properties.map { "\($0.label): \($0.local)" }, ")")
        }
    }

    private func renderCase(_ bit: Int, _ member: Member, _ text: inout SourceText) {
        text.line("case \(SwiftLiteral.string(member.name)):")
        text.indented { (text: inout SourceText) in
            text.line("try reader.once(&seen, \(bit))")
            switch member.content {
            case .constant(let constant):
                text.guardLine(
                    "try reader.readStringKey() == \(SwiftLiteral.string(constant))",
                    throwing: .value(message: "must be \(constant)"))
            case .value(let type, let presence):
                let name = Self.local(member.name)
                let read = ReadExpression(type, name: "read" + SwiftName.type(member.name))
                switch presence {
                case .required, .optional, .defaulted:
                    text.assignment(to: name, "try \(read.call)")
                case .requiredOrNull, .optionalOrNull:
                    text.assignment(to: name, "try reader.readNull() ? nil : \(read.call)")
                case .patch:
                    text.assignment(to: name, "try reader.readNull() ? .clear : .set(\(read.call))")
                }
            }
        }
    }

    private func renderMissing(_ text: inout SourceText) {
        for (bit, member) in members.enumerated() {
            let missing = ReadFailure.missing(member.name)
            switch member.content {
            case .constant, .value(_, .requiredOrNull):
                text.guardLine("seen & \(bit == 0 ? "1" : "1 << \(bit)") != 0", throwing: missing)
            case .value(_, .required):
                text.guardLine("let \(Self.local(member.name))", throwing: missing)
            case .value: break
            }
        }
    }

    // MARK: Writing

    private func renderWriter(_ text: inout SourceText) {
        text.blank()
        text.block("public func write(to writer: inout JSONWriter)") { (text: inout SourceText) in
            text.line("writer.beginObject()")
            for member in members {
                let key = "writer.key(\(SwiftLiteral.string(member.name)))"
                let name = Self.receiver(member.name)
                switch member.content {
                case .constant(let constant):
                    text.line(key)
                    text.line("writer.string(\(SwiftLiteral.string(constant)))")
                case .value(let type, .required), .value(let type, .defaulted):
                    text.line(key)
                    text.line(WriteStatements.statement(type, name))
                case .value(_, .requiredOrNull):
                    text.line(key)
                    text.line("\(name).write(to: &writer)")
                case .value(let type, .optional), .value(let type, .optionalOrNull):
                    let bound = name.hasPrefix("self.") ? "value" : name
                    text.block(bound == name ? "if let \(name)" : "if let \(bound) = \(name)") {
                        (text: inout SourceText) in
                        text.line(key)
                        text.line(WriteStatements.statement(type, bound))
                    }
                case .value(let type, .patch):
                    text.line("switch \(name) {")
                    text.line("case .keep: break")
                    text.line("case .clear:")
                    text.indented { $0.lines([key, "writer.null()"]) }
                    text.line("case .set(let value):")
                    text.indented { $0.lines([key, WriteStatements.statement(type, "value")]) }
                    text.line("}")
                }
            }
            text.line("writer.endObject()")
        }
    }

    /// `self.` only where the writer would hide the property.
    private static func receiver(_ name: String) -> String {
        name == "writer" ? "self.writer" : SwiftName.member(name)
    }
}

extension EnumDeclaration {
    func render(to text: inout SourceText) {
        text.documentation(documentation)
        text.block("public enum \(name): String, JSONReadable, JSONWritable, Sendable, CaseIterable") {
            (text: inout SourceText) in
            for value in values {
                text.documentation(value.description.map { [Documentation.sentence($0)] } ?? [])
                let name = SwiftName.enumCase(value.value)
                let isSame = name == value.value || name == "`\(value.value)`"
                text.line(isSame ? "case \(name)" : "case \(name) = \(SwiftLiteral.string(value.value))")
            }
            text.blank()
            text.block("public init(from reader: inout JSONReader) throws(JSONError)") { (text: inout SourceText) in
                text.line("switch try reader.readStringKey() {")
                for value in values {
                    text.line("case \(SwiftLiteral.string(value.value)): self = .\(SwiftName.enumCase(value.value))")
                }
                text.defaultCase(throwing: .value(message: "must be \(Phrase.oneOf(values.map(\.value)))"))
                text.line("}")
            }
            text.blank()
            text.block("public func write(to writer: inout JSONWriter)") { $0.line("writer.string(rawValue)") }
            if values.contains(where: { $0.scopes != nil }) { renderScopes(to: &text) }
        }
    }

    private func renderScopes(to text: inout SourceText) {
        text.blank()
        text.documentation(["What whoever has this value may do, sorted."])
        text.block("public var scopes: [String]") { (text: inout SourceText) in
            text.line("switch self {")
            for value in values {
                text.line("case .\(SwiftName.enumCase(value.value)):")
                text.indented { text in
                    text.line("[")
                    text.indented { text in
                        for scope in value.scopes ?? [] { text.line("\(SwiftLiteral.string(scope)),") }
                    }
                    text.line("]")
                }
            }
            text.line("}")
        }
    }
}

extension UnionDeclaration {
    func render(to text: inout SourceText) {
        text.documentation(documentation)
        text.block("public enum \(name): JSONReadable, JSONWritable, Sendable, Equatable") { (text: inout SourceText) in
            for variant in cases {
                text.documentation(variant.documentation)
                text.line("case \(SwiftName.enumCase(variant.tag))(\(variant.type))")
            }
            text.blank()
            text.block("public init(from reader: inout JSONReader) throws(JSONError)") { (text: inout SourceText) in
                text.line("switch try reader.readAhead(to: \(SwiftLiteral.string(discriminator))) {")
                for variant in cases {
                    text.line(
                        "case \(SwiftLiteral.string(variant.tag)): "
                            + "self = .\(SwiftName.enumCase(variant.tag))(try \(variant.type)(from: &reader))")
                }
                text.defaultCase(throwing: .value(message: "must be \(Phrase.oneOf(cases.map(\.tag)))"))
                text.line("}")
            }
            text.blank()
            text.block("public func write(to writer: inout JSONWriter)") { (text: inout SourceText) in
                text.line("switch self {")
                for variant in cases {
                    text.line("case .\(SwiftName.enumCase(variant.tag))(let value): value.write(to: &writer)")
                }
                text.line("}")
            }
            for declaration in nested {
                text.blank()
                declaration.render(to: &text)
            }
        }
    }
}
