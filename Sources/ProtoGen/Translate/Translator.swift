import JSON

/// Turns schemas of one contract into declarations of Swift types.
struct Translator {
    private let set: DocumentSet
    private let document: Document
    /// Names that are taken at the top of the module: nested types may not hide them.
    private let topLevelNames: Set<String>
    /// Whether anything translated so far refers to a type of `common.json`'s module.
    private(set) var usesCommonTypes = false
    /// Whether anything translated so far is a patch.
    private(set) var usesPatches = false

    init(_ set: DocumentSet, _ document: Document) {
        self.set = set
        self.document = document
        let components = (document.schemas + (set.common?.schemas ?? [])).map(\.typeName)
        let nouns = document.methods.map { SwiftName.type($0.noun) }
        topLevelNames = Set(components + nouns + [document.contractName])
    }

    // MARK: Methods and components

    mutating func parameters(of method: Method) throws(Problem) -> StructDeclaration {
        var names = Scope()
        var members: [StructDeclaration.Member] = []
        for parameter in method.parameters {
            members.append(try member(parameter, in: document, &names))
        }
        return StructDeclaration(
            name: "Params", documentation: ["The parameters of `\(method.name)`."], members: members,
            nested: names.declarations)
    }

    enum Reply {
        case structure(StructDeclaration)
        case alias(String)
    }

    mutating func reply(of method: Method) throws(Problem) -> Reply {
        let schema = method.result
        switch schema.kind {
        case .object(let properties):
            let documentation = Documentation.paragraphs(schema)
            return .structure(
                try structure(
                    named: "Reply", properties, in: document,
                    documentation.isEmpty ? ["What `\(method.name)` answers."] : documentation))
        case .reference:
            var names = Scope()
            let type = try type(of: schema, named: "Reply", in: document, &names)
            guard case .named = type.form else { break }
            return .alias(type.name)
        case .raw(let limits) where limits.type == .object && limits.maximumBytes == nil:
            return .alias("JSONRaw")
        default: break
        }
        throw schema.node.problem(
            "must be an object, a component that is one, or a raw object: replies grow by members")
    }

    /// The type of a component, or nil for one that is spelled out where it is used (a string with limits, an array).
    mutating func declaration(of component: Document.Component) throws(Problem) -> Declaration? {
        guard isNamed(component.schema) else { return nil }
        let name = component.typeName
        guard !SwiftName.reservedTypes.contains(name) else {
            throw component.schema.node.problem("is the name of a type that generated code uses; choose another")
        }
        guard name != document.contractName, !isTakenByMethods(name) else {
            throw component.schema.node.problem(
                "is the Swift name of a noun or a verb of this contract; choose another")
        }
        guard document.service == nil || set.common?.schemas.contains(where: { $0.typeName == name }) != true else {
            throw component.schema.node.problem("is the name of a type of common.json; use that or choose another")
        }
        return try declaration(of: component.schema, named: name, in: document)
    }

    // MARK: Types

    /// What one type contains: the nested types found so far.
    private struct Scope {
        var declarations: [Declaration] = []
    }

    private func isTakenByMethods(_ name: String) -> Bool {
        document.methods.contains { name == SwiftName.type($0.noun) || name == SwiftName.type($0.verb) }
    }

    private func isNamed(_ schema: Schema) -> Bool {
        switch schema.kind {
        case .object, .enumeration, .union: true
        default: false
        }
    }

    private mutating func declaration(
        of schema: Schema, named name: String, in owner: Document
    ) throws(Problem) -> Declaration? {
        let documentation = schema.description.map { [Documentation.sentence($0)] } ?? []
        switch schema.kind {
        case .object(let properties):
            return .structure(try structure(named: name, properties, in: owner, documentation))
        case .enumeration(let values):
            return .enumeration(EnumDeclaration(name: name, documentation: documentation, values: values))
        case .union(let union):
            return .union(try self.union(named: name, union, in: owner, documentation))
        default:
            return nil
        }
    }

    private mutating func structure(
        named name: String, _ properties: [Schema.Property], in owner: Document, _ documentation: [String]
    ) throws(Problem) -> StructDeclaration {
        var names = Scope()
        var members: [StructDeclaration.Member] = []
        for property in properties {
            members.append(try member(property, in: owner, &names))
        }
        return StructDeclaration(
            name: name, documentation: documentation, members: members, nested: names.declarations)
    }

    private mutating func member(
        _ property: Schema.Property, in owner: Document, _ names: inout Scope
    ) throws(Problem) -> StructDeclaration.Member {
        let (schema, _) = try set.resolved(property.schema, in: owner)
        if case .constant(let constant) = schema.kind {
            guard property.isRequired else {
                throw property.schema.node.problem("is a constant, so it must be required")
            }
            return StructDeclaration.Member(name: property.name, documentation: [], content: .constant(constant))
        }
        let type = try type(of: property.schema, named: property.name, in: owner, &names)
        var presence: StructDeclaration.Presence =
            switch (property.isRequired, schema.isNullable) {
            case (true, false): .required
            case (true, true): .requiredOrNull
            case (false, false): .optional
            case (false, true): schema.isPatch ? .patch : .optionalOrNull
            }
        if presence == .patch { usesPatches = true }
        var member = StructDeclaration.Member(
            name: property.name, documentation: Documentation.paragraphs(schema), content: .value(type, presence))
        if let value = schema.defaultValue, !property.isRequired {
            guard !schema.isNullable else {
                throw property.schema.node.problem("has a default and may be null: which one holds?")
            }
            if case .format(let format) = schema.kind, format != .email {
                member.defaultText = try value.string()
                presence = .defaulted("Self.\(member.defaultName)")
            } else {
                presence = .defaulted(try Self.literal(value, schema))
            }
            member.content = .value(type, presence)
        }
        return member
    }

    private mutating func union(
        named name: String, _ union: Schema.Union, in owner: Document, _ documentation: [String]
    ) throws(Problem) -> UnionDeclaration {
        var names = Scope()
        var cases: [UnionDeclaration.Case] = []
        for variant in union.variants {
            let tag = try set.tag(of: variant, discriminator: union.discriminator, in: owner)
            var branch = variant.schema
            if case .object = branch.kind, branch.description == nil {
                branch.description = "Told by `\(union.discriminator)` being `\(tag)`."
            }
            let type = try type(of: branch, named: tag, in: owner, &names)
            let (schema, _) = try set.resolved(variant.schema, in: owner)
            cases.append(
                UnionDeclaration.Case(
                    tag: tag, type: type.name,
                    documentation: schema.description.map { [Documentation.sentence($0)] } ?? []))
        }
        return UnionDeclaration(
            name: name, documentation: documentation, discriminator: union.discriminator, cases: cases,
            nested: names.declarations)
    }

    private mutating func type(
        of schema: Schema, named name: String, isElement: Bool = false, in owner: Document, _ names: inout Scope
    ) throws(Problem) -> SwiftType {
        switch schema.kind {
        case .boolean: return .boolean()
        case .integer(let limits): return .integer(limits)
        case .number(let limits): return .number(limits)
        case .string(let limits): return .string(limits)
        case .format(let format): return .format(format)
        case .decimal: return .decimal()
        case .raw(let limits): return .raw(limits)
        case .constant: throw schema.node.problem("is a constant, which only a member of an object can be")
        case .array(let items, let limits):
            return .array(try type(of: items, named: name, isElement: true, in: owner, &names), limits)
        case .dictionary(let values, let limitsOfNames, let limits):
            let value = try type(of: values, named: name, isElement: true, in: owner, &names)
            return .dictionary(value, names: limitsOfNames, limits)
        case .object, .enumeration, .union:
            return .named(try nestedType(schema, named: name, isElement: isElement, in: owner, &names))
        case .reference(let reference):
            let (component, componentOwner) = try set.component(reference, from: schema.node, in: owner)
            if isNamed(component.schema) {
                if componentOwner.service == nil, document.service != nil {
                    guard !isTakenByMethods(component.typeName) else {
                        throw schema.node.problem(
                            "refers to \(component.name), the Swift name of a noun or a verb of this contract")
                    }
                    usesCommonTypes = true
                }
                return .named(component.typeName)
            }
            return try type(of: component.schema, named: name, isElement: isElement, in: componentOwner, &names)
        }
    }

    /// Declares the type of an inline schema; its name comes from the member, or from `title`.
    private mutating func nestedType(
        _ schema: Schema, named member: String, isElement: Bool, in owner: Document, _ names: inout Scope
    ) throws(Problem) -> String {
        let derived = isElement ? SwiftName.element(member) : SwiftName.type(member)
        let name = schema.title ?? (derived == "Type" ? "Kind" : derived)
        let isTaken = names.declarations.contains { $0.name == name }
        guard !SwiftName.reservedTypes.contains(name), !topLevelNames.contains(name), !isTaken else {
            throw schema.node.problem("would make a type '\(name)', a name that is taken: give it a 'title'")
        }
        var described = schema
        if schema.description == nil {
            described.description = isElement ? "One of `\(member)`." : "What `\(member)` holds."
        }
        guard let declaration = try declaration(of: described, named: name, in: owner) else { return name }
        names.declarations.append(declaration)
        return name
    }

    // MARK: Defaults

    private static func literal(_ node: Node, _ schema: Schema) throws(Problem) -> String {
        switch (schema.kind, node.value) {
        case (.boolean, .bool(let value)): return "\(value)"
        case (.integer, .number): return ReadExpression.literal(try node.integer())
        case (.number, .number): return "\(try node.number())"
        case (.string, .string(let value)), (.format(.email), .string(let value)): return SwiftLiteral.string(value)
        case (.enumeration(let values), .string(let value)) where values.contains { $0.value == value }:
            return ".\(SwiftName.enumCase(value))"
        case (.array, .array(let elements)) where elements.isEmpty: return "[]"
        case (.dictionary, .object(let members)) where members.isEmpty: return "[:]"
        default: throw node.problem("is no default of this type (only scalars, enumerations, [] and {} are)")
        }
    }
}
