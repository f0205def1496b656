/// One file of `proto-json`.
public struct SourceFile: Sendable, Equatable {
    /// Without its folder: `tenancy.json`.
    public let name: String
    public let bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// All contracts, read and joined: every reference leads somewhere and no noun has two owners.
public struct DocumentSet {
    /// The contracts of the services, by file name.
    let documents: [Document]
    let common: Document?

    /// Reads every contract.
    ///
    /// - Parameter files: what `proto-json/*.json` holds.
    /// - Throws: all problems of all files.
    public init(_ files: [SourceFile]) throws(Problems) {
        var problems = Problems()
        var documents: [Document] = []
        for file in files.sorted(by: { $0.name < $1.name }) {
            do {
                documents.append(try Document(file: file.name, file.bytes))
            } catch {
                problems.add(contentsOf: error)
            }
        }
        try problems.throwIfAny()
        common = documents.first { $0.service == nil }
        self.documents = documents.filter { $0.service != nil }
        checkOwners(&problems)
        checkErrorCodes(&problems)
        checkReferences(&problems)
        try problems.throwIfAny()
    }

    // MARK: Looking up

    func component(_ reference: Reference, from node: Node, in document: Document) throws(Problem) -> (
        Document.Component, Document
    ) {
        let owner = try owner(of: reference, from: node, in: document)
        guard let component = owner.schemas.first(where: { $0.name == reference.name }) else {
            throw node.problem("refers to \(reference.name), which \(owner.file) does not have among its schemas")
        }
        return (component, owner)
    }

    func error(_ use: ErrorUse, in document: Document) throws(Problem) -> ErrorDefinition {
        let owner = try owner(of: use.reference, from: use.node, in: document)
        let name = use.reference.name
        guard let error = owner.errors.first(where: { $0.name == name }) else {
            throw use.node.problem("refers to \(name), which \(owner.file) does not have among its errors")
        }
        return error
    }

    /// The schema itself, or the component that it refers to; with the document whose references it speaks.
    func resolved(_ schema: Schema, in document: Document) throws(Problem) -> (schema: Schema, document: Document) {
        var place = (schema: schema, document: document)
        var steps = 0
        while case .reference(let reference) = place.schema.kind {
            let (component, owner) = try component(reference, from: place.schema.node, in: place.document)
            var target = component.schema
            target.isNullable = target.isNullable || place.schema.isNullable
            target.description = place.schema.description ?? target.description
            target.unit = place.schema.unit ?? target.unit
            target.defaultValue = place.schema.defaultValue ?? target.defaultValue
            target.isPatch = place.schema.isPatch
            place = (target, owner)
            steps += 1
            guard steps < 16 else { throw schema.node.problem("refers to itself") }
        }
        return place
    }

    /// The tag of a union's variant: the constant of its discriminator.
    func tag(
        of variant: Schema.Variant, discriminator: String, in document: Document
    ) throws(Problem) -> String {
        let (schema, _) = try resolved(variant.schema, in: document)
        guard case .object(let properties) = schema.kind,
            let property = properties.first(where: { $0.name == discriminator }), property.isRequired,
            case .constant(let tag) = property.schema.kind
        else {
            throw variant.schema.node.problem("must require '\(discriminator)' with a const, to be told apart by it")
        }
        return tag
    }

    private func owner(of reference: Reference, from node: Node, in document: Document) throws(Problem) -> Document {
        guard reference.file != nil else { return document }
        guard let common else { throw node.problem("refers to common.json, which is not there") }
        return common
    }

    // MARK: Joining

    private func checkOwners(_ problems: inout Problems) {
        var owners: [String: String] = [:]
        var services: [String: String] = [:]
        for document in documents {
            if let service = document.service, let other = services.updateValue(document.file, forKey: service) {
                problems.add(document.root.problem("has the x-service of \(other)"))
            }
            var names: Set<String> = []
            for method in document.methods {
                if !names.insert(method.name).inserted {
                    problems.add(method.node.problem("is a second method '\(method.name)'"))
                }
                let owner = owners[method.noun, default: document.file]
                owners[method.noun] = owner
                if owner != document.file {
                    problems.add(method.node.problem("belongs to '\(method.noun)', a noun that \(owner) owns"))
                }
            }
        }
        for method in common?.methods ?? [] {
            problems.add(method.node.problem("stands in common.json, which has no methods"))
        }
    }

    private func checkErrorCodes(_ problems: inout Problems) {
        var codes: [Int64: String] = [:]
        for document in (common.map { [$0] } ?? []) + documents {
            for error in document.errors {
                if let other = codes.updateValue(error.name, forKey: error.code) {
                    problems.add(error.node.problem("has the code of \(other), \(error.code)"))
                }
                if document.service == nil { continue }
                if document.errorRange?.contains(error.code) != true {
                    problems.add(error.node.problem("has a code outside the document's 'x-error-range'"))
                }
                if common?.errors.contains(where: { $0.name == error.name }) == true {
                    problems.add(error.node.problem("has the name of an error of common.json"))
                }
            }
        }
        for (index, document) in documents.enumerated() {
            for other in documents[(index + 1)...] {
                if let range = document.errorRange, let theirs = other.errorRange, range.overlaps(theirs) {
                    problems.add(other.root.problem("has an 'x-error-range' that overlaps that of \(document.file)"))
                }
            }
        }
    }

    private func checkReferences(_ problems: inout Problems) {
        for document in (common.map { [$0] } ?? []) + documents {
            for component in document.schemas {
                checkReferences(component.schema, in: document, &problems)
                var path = [component.name]
                if contains(component.schema, in: document, itself: &path) {
                    problems.add(
                        component.schema.node.problem(
                            "contains itself (\(path.joined(separator: " → "))) with no array between"))
                }
            }
            for method in document.methods {
                for parameter in method.parameters {
                    checkReferences(parameter.schema, in: document, &problems)
                }
                checkReferences(method.result, in: document, &problems)
                for use in method.errors {
                    _ = problems.collect { try error(use, in: document) }
                }
                for case .error(let use) in method.examples.map(\.outcome) {
                    _ = problems.collect { try error(use, in: document) }
                    if !method.errors.contains(where: { $0.reference == use.reference }) {
                        problems.add(use.node.problem("is not among the method's errors"))
                    }
                }
            }
        }
    }

    /// Whether a value of a component would have to contain another one, and so on for ever: Swift has no such structs.
    private func contains(_ schema: Schema, in document: Document, itself path: inout [String]) -> Bool {
        switch schema.kind {
        case .object(let properties):
            return properties.contains { contains($0.schema, in: document, itself: &path) }
        case .union(let union):
            return union.variants.contains { contains($0.schema, in: document, itself: &path) }
        case .reference(let reference):
            guard let (component, owner) = try? component(reference, from: schema.node, in: document) else {
                return false
            }
            let isKnown = path.contains(component.name)
            path.append(component.name)
            if isKnown, component.name == path.first { return true }
            if !isKnown, contains(component.schema, in: owner, itself: &path) { return true }
            path.removeLast()
            return false
        case .boolean, .integer, .number, .decimal, .string, .format, .constant, .enumeration, .array, .dictionary,
            .raw:
            return false
        }
    }

    private func checkReferences(_ schema: Schema, in document: Document, _ problems: inout Problems) {
        switch schema.kind {
        case .reference:
            _ = problems.collect { try resolved(schema, in: document) }
        case .array(let items, _):
            checkReferences(items, in: document, &problems)
        case .dictionary(let values, _, _):
            checkReferences(values, in: document, &problems)
        case .object(let properties):
            for property in properties { checkReferences(property.schema, in: document, &problems) }
        case .union(let union):
            var tags: Set<String> = []
            for variant in union.variants {
                checkReferences(variant.schema, in: document, &problems)
                let tag = problems.collect {
                    try self.tag(of: variant, discriminator: union.discriminator, in: document)
                }
                if let tag, !tags.insert(tag).inserted {
                    problems.add(variant.schema.node.problem("has the '\(union.discriminator)' of another branch"))
                }
            }
        case .boolean, .integer, .number, .decimal, .string, .format, .constant, .enumeration, .raw:
            break
        }
    }
}
