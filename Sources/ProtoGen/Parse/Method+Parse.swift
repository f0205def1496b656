import JSON

extension Method {
    private static let members: Set<String> = [
        "name", "summary", "description", "deprecated", "paramStructure", "params", "result", "errors", "examples",
        "x-actors", "x-audit", "x-awaits-delivery", "x-callers", "x-cost", "x-cost-items", "x-database",
        "x-idempotent", "x-kind", "x-scope",
    ]

    init(_ node: Node, _ defaultDatabase: Document.Database) throws(Problem) {
        try node.refuseMembers(besides: Self.members, in: "a method")
        self.node = node
        name = try Self.name(try node.requiredMember("name"))
        summary = try node.requiredMember("summary").text()
        description = try node.member("description")?.text()
        kind = try node.requiredMember("x-kind").word()
        database = try node.member("x-database")?.word() ?? defaultDatabase
        callers = try Self.callers(node.member("x-callers"))
        scope = try Self.scope(node.member("x-scope"))
        cost = try node.requiredMember("x-cost").count()
        isAudited = try node.member("x-audit")?.bool() ?? false
        isIdempotent = try node.member("x-idempotent")?.bool() ?? false
        awaitsDelivery = try node.member("x-awaits-delivery")?.bool() ?? false
        actors = try node.member("x-actors")?.word() ?? .everybody
        if let structure = node.member("paramStructure"), try structure.string() != "by-name" {
            throw structure.problem("must be by-name")
        }
        parameters = try Self.parameters(try node.requiredMember("params"))
        costItems = try node.member("x-cost-items")?.text()
        result = try Self.result(try node.requiredMember("result"))
        errors = try Self.errors(node.member("errors"))
        examples = try Self.examples(node.member("examples"))

        if scope == nil, callers.contains("public") {
            throw node.problem("lacks 'x-scope': a public method needs one (or 'x-callers' without public)")
        }
        if actors == .reached, database != .brand {
            throw node.problem("cannot answer with the reached actors: only what works in the brand's database can")
        }
        if isIdempotent, kind == .read {
            throw node.problem("is a read, which needs no 'x-idempotent'")
        }
    }

    /// `nouns.verb`, both in lower camel case.
    private static func name(_ node: Node) throws(Problem) -> String {
        let name = try node.text()
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ SwiftName.isMemberName(String($0)) }) else {
            throw node.problem("must be nouns.verb in lower camel case, such as privacyRequests.submit")
        }
        guard parts[0] != "rpc" else { throw node.problem("may not begin with rpc., which JSON-RPC keeps for itself") }
        return name
    }

    private static func callers(_ node: Node?) throws(Problem) -> [String] {
        guard let node else { return ["public"] }
        let callers = try node.strings()
        guard !callers.isEmpty else { throw node.problem("must not be empty") }
        for (caller, element) in zip(callers, try node.elements()) {
            let isService = caller.hasPrefix("service:") && SwiftName.isMemberName(String(caller.dropFirst(8)))
            guard ["public", "anyone", "admin"].contains(caller) || isService else {
                throw element.problem("must be public, anyone, admin or service:<name>")
            }
        }
        return callers
    }

    /// `keys:write`.
    private static func scope(_ node: Node?) throws(Problem) -> String? {
        guard let node else { return nil }
        let scope = try node.text()
        let parts = scope.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ SwiftName.isMemberName(String($0)) }) else {
            throw node.problem("must be nouns:verb, such as keys:write")
        }
        return scope
    }

    private static func parameters(_ node: Node) throws(Problem) -> [Schema.Property] {
        var parameters: [Schema.Property] = []
        for element in try node.elements() {
            try element.refuseMembers(
                besides: ["name", "description", "summary", "required", "schema", "deprecated", "x-privacy", "x-unit"],
                in: "a parameter")
            let nameNode = try element.requiredMember("name")
            let name = try nameNode.text()
            try Schema.requirePropertyName(name, nameNode)
            guard !parameters.contains(where: { $0.name == name }) else {
                throw nameNode.problem("is the name of two parameters")
            }
            let isRequired = try element.member("required")?.bool() ?? false
            var schema = try Schema(try element.requiredMember("schema"))
            schema.description = try element.member("description")?.text() ?? schema.description
            schema.unit = try element.member("x-unit")?.text() ?? schema.unit
            schema.privacy = try element.member("x-privacy")?.word() ?? schema.privacy
            guard !isRequired || schema.defaultValue == nil else {
                throw element.problem("is required and has a default: one of the two is wrong")
            }
            try Schema.requireOptional(schema, isRequired)
            parameters.append(Schema.Property(name: name, schema: schema, isRequired: isRequired))
        }
        guard parameters.count <= Schema.maximumProperties else {
            throw node.problem("has more than \(Schema.maximumProperties) parameters")
        }
        return parameters
    }

    private static func result(_ node: Node) throws(Problem) -> Schema {
        try node.refuseMembers(besides: ["name", "description", "summary", "schema"], in: "a result")
        _ = try node.requiredMember("name").text()
        var schema = try Schema(try node.requiredMember("schema"))
        if schema.description == nil { schema.description = try node.member("description")?.text() }
        guard !schema.isNullable else { throw schema.node.problem("may not be null: answer an object") }
        return schema
    }

    private static func errors(_ node: Node?) throws(Problem) -> [ErrorUse] {
        var errors: [ErrorUse] = []
        for element in try node?.elements() ?? [] {
            try element.refuseMembers(besides: ["$ref"], in: "a method's error, which is a reference")
            let reference = try Reference(try element.requiredMember("$ref"))
            guard !errors.contains(where: { $0.reference == reference }) else {
                throw element.problem("stands here twice")
            }
            errors.append(ErrorUse(reference: reference, node: element))
        }
        return errors
    }

    private static func examples(_ node: Node?) throws(Problem) -> [Example] {
        var examples: [Example] = []
        for element in try node?.elements() ?? [] {
            let example = try Example(element)
            guard !examples.contains(where: { $0.name == example.name }) else {
                throw element.problem("has the name of another example")
            }
            examples.append(example)
        }
        return examples
    }
}

extension Example {
    init(_ node: Node) throws(Problem) {
        try node.refuseMembers(
            besides: ["name", "description", "summary", "params", "result", "x-fixture", "x-error"], in: "an example")
        self.node = node
        name = try node.requiredMember("name").text()
        fixture = try node.member("x-fixture")?.text()
        var parameters: [(name: String, value: Node)] = []
        for element in try node.requiredMember("params").elements() {
            try element.refuseMembers(besides: ["name", "description", "summary", "value"], in: "an example")
            let name = try element.requiredMember("name").text()
            guard !parameters.contains(where: { $0.name == name }) else {
                throw element.problem("gives '\(name)' a second time")
            }
            parameters.append((name, try element.requiredMember("value")))
        }
        self.parameters = parameters
        switch (node.member("result"), node.member("x-error")) {
        case (let result?, nil):
            try result.refuseMembers(besides: ["name", "description", "summary", "value"], in: "an example")
            _ = try result.requiredMember("name").text()
            outcome = .result(try result.requiredMember("value"))
        case (nil, let error?):
            outcome = .error(ErrorUse(reference: try Reference(error), node: error))
        default:
            throw node.problem("needs either 'result' or 'x-error'")
        }
    }
}
