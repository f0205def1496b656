import JSON

extension Schema {
    /// `once` keeps the members it has met as bits of a UInt64.
    static let maximumProperties = 64

    static func objectKind(_ node: Node) throws(Problem) -> Kind {
        let common = commonMembers.union(["type"])
        if let values = node.member("additionalProperties"), values.value != .bool(false) {
            guard case .object = values.value else {
                throw values.problem("must be false or a schema; for open-ended values use x-raw")
            }
            try node.refuseMembers(
                besides: common.union(["additionalProperties", "propertyNames", "minProperties", "maxProperties"]),
                in: "a dictionary")
            let schema = try Schema(values)
            guard !schema.isNullable else { throw values.problem("may not be null inside a dictionary") }
            return .dictionary(
                values: schema, names: try nameLimits(node.member("propertyNames")),
                try dictionaryLimits(node))
        }
        try node.refuseMembers(
            besides: common.union(["properties", "required", "additionalProperties"]), in: "an object")
        return .object(try properties(node))
    }

    private static func nameLimits(_ node: Node?) throws(Problem) -> StringLimits {
        guard let node else { return StringLimits() }
        try node.refuseMembers(besides: ["type", "minLength", "maxLength", "pattern"], in: "propertyNames")
        guard node.member("type") != nil else { throw node.problem("lacks 'type': \"string\"") }
        guard case .string(let limits) = try Schema(node).kind else { throw node.problem("must be of type string") }
        return limits
    }

    private static func dictionaryLimits(_ node: Node) throws(Problem) -> CountLimits {
        let minimum = try node.member("minProperties")?.count()
        let maximum = try node.member("maxProperties")?.count()
        guard minimum ?? 0 <= maximum ?? .max else { throw node.problem("has minProperties above maxProperties") }
        return CountLimits(minimum: minimum, maximum: maximum)
    }

    private static func properties(_ node: Node) throws(Problem) -> [Property] {
        let members = try node.member("properties")?.members() ?? []
        guard members.count <= maximumProperties else {
            throw node.problem("has more than \(maximumProperties) properties")
        }
        let required = try node.member("required")?.strings() ?? []
        if let stranger = required.first(where: { name in !members.contains { $0.name == name } }) {
            throw node.problem("requires '\(stranger)', which is not among its properties")
        }
        var properties: [Property] = []
        for (name, member) in members {
            try requirePropertyName(name, member)
            let schema = try Schema(member)
            let isRequired = required.contains(name)
            guard !isRequired || schema.defaultValue == nil else {
                throw member.problem("is required and has a default: one of the two is wrong")
            }
            try requireOptional(schema, isRequired)
            properties.append(Property(name: name, schema: schema, isRequired: isRequired))
        }
        return properties
    }

    /// A patch can be absent.
    static func requireOptional(_ schema: Schema, _ isRequired: Bool) throws(Problem) {
        guard isRequired, schema.isPatch else { return }
        throw schema.node.problem("is required and has 'x-patch': it would never be absent")
    }

    /// Names are used in Swift as they stand.
    static func requirePropertyName(_ name: String, _ node: Node) throws(Problem) {
        guard SwiftName.isMemberName(name), name != "self", name != "init" else {
            throw node.problem("must have a name in lower camel case, such as revokedAt (and not self or init)")
        }
    }

    // MARK: Unions

    static func union(_ node: Node) throws(Problem) -> Union {
        let branches = try node.requiredMember("oneOf")
        let discriminator = try node.requiredMember("discriminator").requiredMember("propertyName")
        let name = try discriminator.string()
        var variants: [Variant] = []
        for branch in try branches.elements() {
            let schema = try Schema(branch)
            let tag: String
            switch schema.kind {
            case .object(let properties):
                guard let property = properties.first(where: { $0.name == name }), property.isRequired,
                    case .constant(let constant) = property.schema.kind
                else { throw branch.problem("must require '\(name)' with a const, to be told apart by it") }
                tag = constant
            case .reference:
                // The tag stands in the component; `DocumentSet` fills it in.
                tag = ""
            default:
                throw branch.problem("must be an object or a reference to one")
            }
            variants.append(Variant(tag: tag, schema: schema))
        }
        guard variants.count >= 2 else { throw branches.problem("must have at least two branches") }
        return Union(discriminator: name, variants: variants)
    }
}

extension Reference {
    /// Reads `common.json#/UUID`, `#/KeyRevocation` or `#/components/schemas/KeyRevocation`.
    init(_ node: Node) throws(Problem) {
        let text = try node.string()
        guard let hash = text.firstIndex(of: "#") else { throw node.problem("must contain #") }
        let file = text[..<hash]
        var path = text[text.index(after: hash)...]
        for prefix in ["/components/schemas/", "/components/errors/", "/"] where path.hasPrefix(prefix) {
            path = path.dropFirst(prefix.count)
            break
        }
        guard !path.isEmpty, !path.contains("/") else {
            throw node.problem("must name a component, such as #/KeyRevocation or common.json#/UUID")
        }
        guard file.isEmpty || file == "common.json" else {
            throw node.problem("may refer to this document and to common.json only")
        }
        self.init(file: file.isEmpty ? nil : String(file), name: String(path))
    }
}
