import JSON

extension Schema {
    /// Reads a schema, and refuses what the subset does not know.
    init(_ node: Node) throws(Problem) {
        kind = try Self.kind(of: node)
        self.node = node
        title = try Self.typeName(node.member("title"))
        description = try node.member("description")?.text()
        unit = try node.member("x-unit")?.text()
        privacy = try node.member("x-privacy")?.word()
        defaultValue = node.member("default")
        isNullable = try Self.isNullable(node)
        isPatch = try Self.isPatch(node, isNullable: isNullable)
    }

    /// What every kind of schema may have.
    static let commonMembers: Set<String> = [
        "title", "description", "default", "deprecated", "x-patch", "x-privacy", "x-unit",
    ]

    private static func typeName(_ node: Node?) throws(Problem) -> String? {
        guard let node else { return nil }
        let name = try node.text()
        guard SwiftName.isTypeName(name) else { throw node.problem("must be a Swift type name such as KeyStatus") }
        return name
    }

    private static func isNullable(_ node: Node) throws(Problem) -> Bool {
        if node.member("oneOf") != nil { return try nullAlternative(node) != nil }
        guard let type = node.member("type"), case .array = type.value else { return false }
        return true
    }

    private static func isPatch(_ node: Node, isNullable: Bool) throws(Problem) -> Bool {
        guard let mark = node.member("x-patch"), try mark.bool() else { return false }
        guard isNullable, node.member("default") == nil else {
            throw mark.problem("tells absent from null: this must allow null and have no default")
        }
        return true
    }

    // MARK: Kinds

    private static func kind(of node: Node) throws(Problem) -> Kind {
        if let reference = node.member("$ref") {
            try node.refuseMembers(besides: commonMembers.union(["$ref"]), in: "a reference")
            return .reference(try Reference(reference))
        }
        if node.member("oneOf") != nil {
            if let other = try nullAlternative(node) {
                try node.refuseMembers(besides: commonMembers.union(["oneOf"]), in: "a nullable schema")
                return try Schema(other).kind
            }
            try node.refuseMembers(besides: commonMembers.union(["oneOf", "discriminator"]), in: "a union")
            return .union(try union(node))
        }
        if let raw = node.member("x-raw"), try raw.bool() { return .raw(try rawLimits(node)) }
        switch try type(of: node) {
        case .string: return try stringKind(node)
        case .integer: return .integer(try integerLimits(node))
        case .number: return try numberKind(node)
        case .boolean:
            try node.refuseMembers(besides: commonMembers.union(["type"]), in: "a boolean")
            return .boolean
        case .array:
            try node.refuseMembers(
                besides: commonMembers.union(["type", "items", "minItems", "maxItems"]), in: "an array")
            let items = try Schema(try node.requiredMember("items"))
            guard !items.isNullable else { throw items.node.problem("may not be null inside an array") }
            return .array(items: items, try countLimits(node, "minItems", "maxItems"))
        case .object:
            return try objectKind(node)
        case .null:
            throw node.problem("must have a type besides null")
        }
    }

    /// The one type that is not `null`.
    private static func type(of node: Node) throws(Problem) -> JSONType {
        let type = try node.requiredMember("type")
        guard case .array = type.value else { return try type.word() }
        let alternatives = try type.strings()
        guard alternatives.count == 2, alternatives.contains("null"),
            let name = alternatives.first(where: { $0 != "null" }), let other = JSONType(rawValue: name)
        else { throw type.problem("must be one type, or one type and \"null\"") }
        return other
    }

    /// The other branch of `oneOf: [X, {"type": "null"}]`.
    private static func nullAlternative(_ node: Node) throws(Problem) -> Node? {
        let branches = try node.requiredMember("oneOf").elements()
        guard branches.count == 2 else { return nil }
        return branches.first { branch in
            branches.contains { $0.pointer != branch.pointer && $0.value["type"] == .string("null") }
        }
    }

    // MARK: Scalars

    private static func stringKind(_ node: Node) throws(Problem) -> Kind {
        if let values = node.member("enum") {
            try node.refuseMembers(
                besides: commonMembers.union(["type", "enum", "x-enum-descriptions", "x-enum-scopes"]),
                in: "an enumeration")
            return .enumeration(
                try enumeration(
                    values, descriptions: node.member("x-enum-descriptions"), scopes: node.member("x-enum-scopes")))
        }
        if let constant = node.member("const") {
            try node.refuseMembers(besides: commonMembers.union(["type", "const"]), in: "a constant")
            return .constant(try constant.text())
        }
        guard let format = node.member("format") else {
            try node.refuseMembers(
                besides: commonMembers.union(["type", "minLength", "maxLength", "pattern"]), in: "a string")
            return .string(try stringLimits(node))
        }
        if try format.string() == "byte" {
            // Base64 stays text: what decodes it checks it.
            try node.refuseMembers(
                besides: commonMembers.union(["type", "format", "minLength", "maxLength"]), in: "Base64")
            return .string(try stringLimits(node))
        }
        try node.refuseMembers(besides: commonMembers.union(["type", "format"]), in: "a string with a format")
        guard let known = Format(rawValue: try format.string()) else {
            throw format.problem("must be \(Phrase.oneOf(Format.allCases.map(\.rawValue) + ["byte"]))")
        }
        return .format(known)
    }

    private static func stringLimits(_ node: Node) throws(Problem) -> StringLimits {
        let lengths = try countLimits(node, "minLength", "maxLength")
        var limits = StringLimits(minimum: lengths.minimum, maximum: lengths.maximum)
        if let pattern = node.member("pattern") {
            do {
                limits.pattern = try CharacterPattern(try pattern.string())
            } catch let error as CharacterPattern.Unsupported {
                throw pattern.problem(error.message)
            } catch let problem as Problem {
                throw problem
            } catch {
                throw pattern.problem("\(error)")
            }
        }
        return limits
    }

    private static func enumeration(
        _ values: Node, descriptions: Node?, scopes: Node?
    ) throws(Problem) -> [EnumerationValue] {
        let names = try values.strings()
        guard !names.isEmpty else { throw values.problem("must not be empty") }
        for (name, node) in try descriptions?.members() ?? [] where !names.contains(name) {
            throw node.problem("describes no value of this enumeration")
        }
        if let scopes { try check(scopes, of: names) }
        var cases: [String: String] = [:]
        var enumeration: [EnumerationValue] = []
        for name in names {
            if let other = cases.updateValue(name, forKey: SwiftName.enumCase(name)) {
                throw values.problem("has two values of one Swift name, '\(other)' and '\(name)'")
            }
            let description = try descriptions?.member(name)?.text()
            let scopes = try scopes?.member(name)?.strings()
            enumeration.append(EnumerationValue(value: name, description: description, scopes: scopes))
        }
        return enumeration
    }

    /// All values have their scopes, each list sorted, so that who reads it finds what is there and what is not.
    private static func check(_ scopes: Node, of names: [String]) throws(Problem) {
        let members = try scopes.members()
        for (name, node) in members where !names.contains(name) {
            throw node.problem("is no value of this enumeration")
        }
        guard members.count == names.count else { throw scopes.problem("must have the scopes of each value") }
        for (_, node) in members {
            let list = try node.strings()
            guard zip(list, list.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw node.problem("must be sorted, each scope once")
            }
        }
    }

    private static func integerLimits(_ node: Node) throws(Problem) -> IntegerLimits {
        try node.refuseMembers(
            besides: commonMembers.union(["type", "format", "minimum", "maximum"]), in: "an integer")
        if let format = node.member("format") {
            guard try format.string() == "uint64" else { throw format.problem("must be uint64, or absent") }
            guard node.member("minimum") == nil, node.member("maximum") == nil else {
                throw node.problem("may not have limits besides format uint64")
            }
            return IntegerLimits(isUnsigned: true)
        }
        let minimum = try node.member("minimum")?.integer()
        let maximum = try node.member("maximum")?.integer()
        guard minimum ?? .min <= maximum ?? .max else { throw node.problem("has a minimum above its maximum") }
        return IntegerLimits(minimum: minimum, maximum: maximum)
    }

    private static func numberKind(_ node: Node) throws(Problem) -> Kind {
        guard let format = node.member("format") else { return .number(try numberLimits(node)) }
        try node.refuseMembers(besides: commonMembers.union(["type", "format"]), in: "a number with a format")
        guard try format.string() == "decimal" else { throw format.problem("must be decimal, or absent") }
        return .decimal
    }

    private static func numberLimits(_ node: Node) throws(Problem) -> NumberLimits {
        try node.refuseMembers(besides: commonMembers.union(["type", "minimum", "maximum"]), in: "a number")
        let minimum = try node.member("minimum")?.number()
        let maximum = try node.member("maximum")?.number()
        guard minimum ?? -.infinity <= maximum ?? .infinity else {
            throw node.problem("has a minimum above its maximum")
        }
        return NumberLimits(minimum: minimum, maximum: maximum)
    }

    private static func countLimits(
        _ node: Node, _ minimumName: String, _ maximumName: String
    ) throws(Problem) -> CountLimits {
        let minimum = try node.member(minimumName)?.count()
        let maximum = try node.member(maximumName)?.count()
        guard minimum ?? 0 <= maximum ?? .max else { throw node.problem("has \(minimumName) above \(maximumName)") }
        return CountLimits(minimum: minimum, maximum: maximum)
    }

    private static func rawLimits(_ node: Node) throws(Problem) -> RawLimits {
        try node.refuseMembers(
            besides: commonMembers.union(["type", "x-raw", "x-raw-type", "x-max-bytes"]), in: "a raw value")
        let declared = node.member("type") == nil ? nil : try type(of: node)
        return RawLimits(
            maximumBytes: try node.member("x-max-bytes")?.count(),
            type: try node.member("x-raw-type")?.word(JSONType.self) ?? declared)
    }
}
