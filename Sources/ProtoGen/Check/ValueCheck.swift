import JSON

/// Checks values that a contract contains (examples, defaults) against its schemas, with the readers that generated
/// code uses, so that both give the same verdict.
struct ValueCheck {
    let set: DocumentSet
    var problems = Problems()

    init(_ set: DocumentSet) {
        self.set = set
    }

    mutating func check(_ node: Node, _ schema: Schema, in document: Document) {
        guard let (schema, document) = problems.collect({ try set.resolved(schema, in: document) }) else { return }
        if schema.isNullable, node.value.isNull { return }
        switch schema.kind {
        case .array(let items, let limits):
            guard let elements = problems.collect({ try node.elements() }) else { return }
            require(limits, elements.count, "element", node)
            for element in elements { check(element, items, in: document) }
        case .object(let properties):
            checkObject(node, properties, in: document)
        case .dictionary(let values, let names, let limits):
            guard let members = problems.collect({ try node.members() }) else { return }
            require(limits, members.count, "member", node)
            for (name, member) in members {
                checkName(name, names, member)
                check(member, values, in: document)
            }
        case .union(let union):
            checkUnion(node, union, in: document)
        case .constant(let constant):
            if node.value != .string(constant) { problems.add(node.problem("must be \(constant)")) }
        case .enumeration(let values):
            if !values.contains(where: { .string($0.value) == node.value }) {
                problems.add(node.problem("must be \(Phrase.oneOf(values.map(\.value)))"))
            }
        case .raw(let limits):
            checkRaw(node, limits)
        case .boolean, .integer, .number, .decimal, .string, .format:
            checkScalar(node, schema.kind)
        case .reference:
            break
        }
    }

    /// - Parameter parameters: as one object, or the members of one.
    mutating func checkObject(_ node: Node, _ properties: [Schema.Property], in document: Document) {
        guard let members = problems.collect({ try node.members() }) else { return }
        for (name, member) in members {
            if let property = properties.first(where: { $0.name == name }) {
                check(member, property.schema, in: document)
            } else {
                problems.add(member.problem("is not a known member"))
            }
        }
        for property in properties where property.isRequired && node.member(property.name) == nil {
            problems.add(node.problem("lacks '\(property.name)', which is required"))
        }
    }

    private mutating func checkUnion(_ node: Node, _ union: Schema.Union, in document: Document) {
        for variant in union.variants {
            let tag = problems.collect { try set.tag(of: variant, discriminator: union.discriminator, in: document) }
            if let tag, node.value[union.discriminator] == .string(tag) {
                return check(node, variant.schema, in: document)
            }
        }
        problems.add(node.problem("has no '\(union.discriminator)' that tells which of the objects it is"))
    }

    private mutating func require(_ limits: Schema.CountLimits, _ count: Int, _ noun: String, _ node: Node) {
        if let minimum = limits.minimum, count < minimum {
            problems.add(node.problem("must have at least \(Phrase.count(minimum, noun))"))
        }
        if let maximum = limits.maximum, count > maximum {
            problems.add(node.problem("must have at most \(Phrase.count(maximum, noun))"))
        }
    }

    private mutating func checkName(_ name: String, _ limits: Schema.StringLimits, _ node: Node) {
        let count = name.unicodeScalars.count
        let isLong = count > limits.maximum ?? .max
        if isLong || count < limits.minimum ?? 0 || limits.pattern?.matches(name) == false {
            problems.add(node.problem("has a name that its propertyNames do not allow"))
        }
    }

    private mutating func checkRaw(_ node: Node, _ limits: Schema.RawLimits) {
        if let maximum = limits.maximumBytes, node.value.json().count > maximum {
            problems.add(node.problem("must have at most \(Phrase.count(maximum, "byte"))"))
        }
        let isRight =
            switch (limits.type, node.value) {
            case (nil, _), (.array, .array), (.boolean, .bool), (.null, .null), (.object, .object), (.string, .string),
                (.integer, .number), (.number, .number):
                true
            default: false
            }
        if !isRight { problems.add(node.problem("must be of type \(limits.type?.rawValue ?? "any")")) }
    }

    private mutating func checkScalar(_ node: Node, _ kind: Schema.Kind) {
        do {
            try node.value.json().withJSONReader { (reader) throws(JSONError) in try Self.read(kind, from: &reader) }
        } catch {
            problems.add(node.problem(error.message))
        }
    }

    private static func read(_ kind: Schema.Kind, from reader: inout JSONReader) throws(JSONError) {
        switch kind {
        case .boolean: _ = try reader.readBool()
        case .decimal: _ = try reader.readDecimal()
        case .integer(let limits):
            if limits.isUnsigned {
                _ = try reader.readUInt64()
            } else {
                _ = try reader.readInt64(in: (limits.minimum ?? .min)...(limits.maximum ?? .max))
            }
        case .number(let limits):
            _ = try reader.readDouble(in: (limits.minimum ?? -.infinity)...(limits.maximum ?? .infinity))
        case .string(let limits):
            let text = try reader.readString(lengths: (limits.minimum ?? 0)...(limits.maximum ?? .max))
            if let pattern = limits.pattern, !pattern.matches(text) {
                throw reader.fail(.constraint, "must match \(pattern.text)")
            }
        case .format(.amount): _ = try reader.readAmount()
        case .format(.currency): _ = try reader.readCurrency()
        case .format(.date): _ = try reader.readDate()
        case .format(.dateTime): _ = try reader.readTimestamp()
        case .format(.email): _ = try reader.readEmail()
        case .format(.uuid): _ = try reader.readUUID()
        case .constant, .enumeration, .array, .object, .dictionary, .union, .raw, .reference:
            try reader.skip()
        }
    }
}
