import JSON

extension DocumentSet {
    /// Checks what makes a contract complete: everything is described, what callers send has limits, and every method
    /// has an example that satisfies its own schemas.
    public func checkRules() throws(Problems) {
        var problems = Problems()
        for document in documents {
            for method in document.methods { check(method, in: document, &problems) }
            for component in document.schemas { checkSchema(component.schema, in: document, &problems) }
        }
        if let common {
            for component in common.schemas { checkSchema(component.schema, in: common, &problems) }
        }
        try problems.throwIfAny()
    }

    private func check(_ method: Method, in document: Document, _ problems: inout Problems) {
        for parameter in method.parameters {
            checkSchema(parameter.schema, in: document, &problems)
            checkLimits(parameter.schema, in: document, &problems, depth: 0)
        }
        for (before, parameter) in zip(method.parameters, method.parameters.dropFirst())
        where parameter.isRequired && !before.isRequired {
            problems.add(
                method.node.problem("has '\(parameter.name)', required, behind optional ones, which OpenRPC forbids"))
        }
        checkSchema(method.result, in: document, isDescribed: true, &problems)
        checkCost(method, in: document, &problems)
        checkActors(method, in: document, &problems)
        if method.examples.isEmpty { problems.add(method.node.problem("has no example")) }
        var check = ValueCheck(self)
        for example in method.examples {
            checkParameters(example, of: method, in: document, &check)
            if case .result(let node) = example.outcome { check.check(node, method.result, in: document) }
        }
        problems.add(contentsOf: check.problems)
    }

    private func checkCost(_ method: Method, in document: Document, _ problems: inout Problems) {
        guard let name = method.costItems else { return }
        let place = method.node.member("x-cost-items") ?? method.node
        guard let parameter = method.parameters.first(where: { $0.name == name }),
            let (schema, _) = problems.collect({ try resolved(parameter.schema, in: document) }),
            case .array = schema.kind
        else { return problems.add(place.problem("must be the name of an array parameter")) }
    }

    /// Who reaches only some actors may call what is about nobody: such a reply says nothing of a person.
    private func checkActors(_ method: Method, in document: Document, _ problems: inout Problems) {
        guard method.actors == .nobody else { return }
        if let place = personal(method.result, in: document, &problems, depth: 0) {
            let node = method.node.member("x-actors") ?? method.node
            problems.add(node.problem("says that the method is about nobody, but \(place.pointer) is of a person"))
        }
    }

    /// The first part of a schema that is somebody's.
    private func personal(
        _ schema: Schema, in document: Document, _ problems: inout Problems, depth: Int
    ) -> Node? {
        guard depth < 8 else { return nil }
        switch schema.privacy {
        case .identifier, .personal, .sensitive: return schema.node
        case .some(.none), .secret, nil: break
        }
        guard let (schema, document) = problems.collect({ try resolved(schema, in: document) }) else { return nil }
        switch schema.privacy {
        case .identifier, .personal, .sensitive: return schema.node
        case .some(.none), .secret, nil: break
        }
        let parts: [Schema] =
            switch schema.kind {
            case .array(let items, _): [items]
            case .dictionary(let values, _, _): [values]
            case .object(let properties): properties.map(\.schema)
            case .union(let union): union.variants.map(\.schema)
            case .boolean, .integer, .number, .decimal, .string, .format, .constant, .enumeration, .raw, .reference: []
            }
        for part in parts {
            if let found = personal(part, in: document, &problems, depth: depth + 1) { return found }
        }
        return nil
    }

    private func checkParameters(
        _ example: Example, of method: Method, in document: Document, _ check: inout ValueCheck
    ) {
        // An example of invalidParams shows parameters that are wrong.
        if case .error(let use) = example.outcome, use.reference.name == "invalidParams" { return }
        for (name, node) in example.parameters {
            if let parameter = method.parameters.first(where: { $0.name == name }) {
                check.check(node, parameter.schema, in: document)
            } else {
                check.problems.add(node.problem("is given for '\(name)', which is no parameter of \(method.name)"))
            }
        }
        for parameter in method.parameters where parameter.isRequired {
            if !example.parameters.contains(where: { $0.name == parameter.name }) {
                check.problems.add(example.node.problem("lacks '\(parameter.name)', which is required"))
            }
        }
    }

    // MARK: Schemas

    private func checkSchema(
        _ schema: Schema, in document: Document, isDescribed: Bool = false, _ problems: inout Problems
    ) {
        if case .constant = schema.kind { return }
        let target = problems.collect { try resolved(schema, in: document).schema }
        if !isDescribed, target?.description == nil {
            problems.add(schema.node.problem("has no description"))
        }
        if let value = schema.defaultValue {
            var check = ValueCheck(self)
            check.check(value, schema, in: document)
            problems.add(contentsOf: check.problems)
        }
        switch schema.kind {
        case .array(let items, _):
            checkSchema(items, in: document, isDescribed: true, &problems)
        case .dictionary(let values, _, _):
            checkSchema(values, in: document, isDescribed: true, &problems)
        case .object(let properties):
            for property in properties { checkSchema(property.schema, in: document, &problems) }
        case .union(let union):
            for variant in union.variants { checkSchema(variant.schema, in: document, isDescribed: true, &problems) }
        case .boolean, .integer, .number, .decimal, .string, .format, .constant, .enumeration, .raw, .reference:
            break
        }
    }

    /// Whatever grows in a call has a limit.
    private func checkLimits(_ schema: Schema, in document: Document, _ problems: inout Problems, depth: Int) {
        // Components may contain themselves; the reader's own depth limit ends there.
        guard depth < 8, let (schema, document) = problems.collect({ try resolved(schema, in: document) }) else {
            return
        }
        switch schema.kind {
        case .string(let limits):
            if limits.maximum == nil, limits.pattern?.maximumLength == nil {
                problems.add(unlimited(schema, "maxLength"))
            }
        case .raw(let limits):
            if limits.maximumBytes == nil { problems.add(unlimited(schema, "x-max-bytes")) }
        case .array(let items, let limits):
            if limits.maximum == nil { problems.add(unlimited(schema, "maxItems")) }
            checkLimits(items, in: document, &problems, depth: depth + 1)
        case .dictionary(let values, let names, let limits):
            if limits.maximum == nil { problems.add(unlimited(schema, "maxProperties")) }
            if names.maximum == nil, names.pattern?.maximumLength == nil {
                problems.add(schema.node.problem("lacks a limit: add 'propertyNames' with a maxLength"))
            }
            checkLimits(values, in: document, &problems, depth: depth + 1)
        case .object(let properties):
            for property in properties { checkLimits(property.schema, in: document, &problems, depth: depth + 1) }
        case .union(let union):
            for variant in union.variants { checkLimits(variant.schema, in: document, &problems, depth: depth + 1) }
        case .boolean, .integer, .number, .decimal, .format, .constant, .enumeration, .reference:
            break
        }
    }

    private func unlimited(_ schema: Schema, _ keyword: String) -> Problem {
        schema.node.problem("lacks a limit: add '\(keyword)'")
    }
}
