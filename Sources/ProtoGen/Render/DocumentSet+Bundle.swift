import JSON

extension DocumentSet {
    /// The contract as one complete OpenRPC document: what it uses of `common.json` is copied into its components, all
    /// references are written in full, and what OpenRPC's meta-schema has no place for moves to an `x-` member.
    func bundle(_ document: Document) throws(Problem) -> JSONValue {
        var bundler = Bundler(set: self, document: document)
        return try bundler.bundle()
    }

    /// Every contract as a complete OpenRPC document, pretty-printed, by file name.
    public func bundles() throws(Problems) -> [SourceFile] {
        var problems = Problems()
        var files: [SourceFile] = []
        for document in documents {
            if let bundle = problems.collect({ try self.bundle(document) }) {
                files.append(SourceFile(name: document.file, bytes: Array((bundle.pretty() + "\n").utf8)))
            }
        }
        try problems.throwIfAny()
        return files
    }
}

private struct Bundler {
    let set: DocumentSet
    let document: Document
    /// What of `common.json` is used and not yet copied.
    private var waiting: [(name: String, kind: Kind)] = []
    private var copied: [Kind: [String]] = [:]

    private enum Kind: String {
        case schemas, errors
    }

    init(set: DocumentSet, document: Document) {
        self.set = set
        self.document = document
    }

    mutating func bundle() throws(Problem) -> JSONValue {
        guard case .object(var root) = try rewritten(document.root.value, .schemas, isCommon: false) else {
            throw document.root.problem("must be an object")
        }
        var components = root["components"]?.object ?? JSONObject()
        var schemas = components["schemas"]?.object ?? JSONObject()
        var errors = components["errors"]?.object ?? JSONObject()
        while let next = waiting.popLast() {
            guard let value = set.common?.root.value["components"]?[next.kind.rawValue]?[next.name] else { continue }
            let copy = try rewritten(value, next.kind, isCommon: true)
            switch next.kind {
            case .schemas:
                guard schemas[next.name] == nil else {
                    throw document.root.problem("has a schema '\(next.name)' and uses that of common.json as well")
                }
                schemas[next.name] = copy
            case .errors: errors[next.name] = copy
            }
        }
        root["x-http-statuses"] = .object(statuses(of: errors))
        for name in errors.map(\.name) {
            guard var error = errors[name]?.object else { continue }
            error["x-http-status"] = nil
            errors[name] = .object(error)
        }
        if !schemas.isEmpty { components["schemas"] = .object(schemas) }
        if !errors.isEmpty { components["errors"] = .object(errors) }
        if !components.isEmpty { root["components"] = .object(components) }
        return .object(root)
    }

    private func statuses(of errors: JSONObject) -> JSONObject {
        var statuses = JSONObject()
        for error in errors {
            if let status = error.value["x-http-status"] { statuses[error.name] = status }
        }
        return statuses
    }

    /// - Parameter kind: what a reference here leads to.
    private mutating func rewritten(_ value: JSONValue, _ kind: Kind, isCommon: Bool) throws(Problem) -> JSONValue {
        switch value {
        case .array(let elements):
            var copy: [JSONValue] = []
            for element in elements { copy.append(try rewritten(element, kind, isCommon: isCommon)) }
            return .array(copy)
        case .object(let object):
            var copy = JSONObject()
            for member in object {
                switch member.name {
                case "$ref", "x-error":
                    let kind = member.name == "x-error" ? Kind.errors : kind
                    copy[member.name] = try reference(member.value, kind, isCommon: isCommon)
                case "value", "default", "data", "enum", "const":
                    copy[member.name] = member.value
                case "errors":
                    copy[member.name] = try rewritten(member.value, .errors, isCommon: isCommon)
                case "properties", "schemas":
                    // Their members are named by the contract: one called "value" is a schema like the others.
                    var schemas = JSONObject()
                    for schema in member.value.object ?? JSONObject() {
                        schemas[schema.name] = try rewritten(schema.value, .schemas, isCommon: isCommon)
                    }
                    copy[member.name] = .object(schemas)
                default:
                    copy[member.name] = try rewritten(member.value, kind, isCommon: isCommon)
                }
            }
            return .object(copy)
        case .null, .bool, .number, .string:
            return value
        }
    }

    private mutating func reference(_ value: JSONValue, _ kind: Kind, isCommon: Bool) throws(Problem) -> JSONValue {
        guard case .string = value else { return value }
        let reference = try Reference(Node(file: document.file, value))
        if isCommon || reference.file != nil, !copied[kind, default: []].contains(reference.name) {
            copied[kind, default: []].append(reference.name)
            waiting.append((reference.name, kind))
        }
        return .string("#/components/\(kind.rawValue)/\(reference.name)")
    }
}
