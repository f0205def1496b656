import JSON

extension DocumentSet {
    /// Refuses what would break a caller of an older set of contracts: removal, narrowing, and new duties.
    ///
    /// What callers send may only be understood more widely, what they are answered may only grow: a member, a value or
    /// a method never goes away, limits never tighten, and what was optional to send stays so.
    public func checkEvolution(from old: DocumentSet) throws(Problems) {
        var evolution = Evolution(old: old, new: self)
        evolution.compare()
        try evolution.problems.throwIfAny()
    }
}

/// A comparison of two sets of contracts.
struct Evolution {
    let old: DocumentSet
    let new: DocumentSet
    var problems = Problems()
    /// Pairs of components that are compared already, or are being compared: they may contain themselves.
    private var compared: Set<String> = []
    /// Components of the older contracts that a method leads to.
    private var reached: Set<String> = []

    init(old: DocumentSet, new: DocumentSet) {
        self.old = old
        self.new = new
    }

    /// In which direction a value travels.
    enum Direction: String {
        case sent, answered
    }

    mutating func compare() {
        for document in old.documents {
            guard let successor = new.documents.first(where: { $0.service == document.service }) else {
                problems.add(Problem(file: document.file, pointer: "", "is gone: a contract is never removed"))
                continue
            }
            for method in document.methods {
                guard let next = successor.methods.first(where: { $0.name == method.name }) else {
                    problems.add(successor.root.problem("has no method '\(method.name)' any more"))
                    continue
                }
                compare(method, next, Side(old, document), Side(new, successor))
            }
            compareMessages(document, successor)
            for error in document.errors {
                let next = successor.errors.first { $0.name == error.name }
                if next == nil { problems.add(successor.root.problem("has no error '\(error.name)' any more")) }
                if let next, next.code != error.code {
                    problems.add(next.node.problem("had the code \(error.code), which callers know"))
                }
            }
        }
    }

    /// A component that no method leads to is a message between services: rows of the older release may still be
    /// queued.
    private mutating func compareMessages(_ document: Document, _ successor: Document) {
        for component in document.schemas where !reached.contains(Self.place(component.schema)) {
            let next = successor.schemas.first { $0.name == component.name }
            guard let next else {
                problems.add(successor.root.problem("has no schema '\(component.name)' any more"))
                continue
            }
            compare(
                component.schema, next.schema, .sent, next.schema.node, Side(old, document), Side(new, successor))
        }
    }

    private static func place(_ schema: Schema) -> String { "\(schema.node.file)#\(schema.node.pointer)" }

    /// A document with the set that its references speak of.
    struct Side {
        let set: DocumentSet
        let document: Document

        init(_ set: DocumentSet, _ document: Document) {
            self.set = set
            self.document = document
        }
    }

    // MARK: Methods

    private mutating func compare(_ old: Method, _ new: Method, _ oldSide: Side, _ newSide: Side) {
        compareProperties(old.parameters, new.parameters, .sent, new.node, oldSide, newSide)
        compare(old.result, new.result, .answered, new.result.node, oldSide, newSide)
        for caller in old.callers where !new.callers.contains(caller) {
            problems.add(new.node.problem("may no longer be called by \(caller)"))
        }
        // No key reached what was not public.
        if let scope = new.scope, scope != old.scope, old.callers.contains("public") {
            problems.add(new.node.problem("now needs the scope \(scope), which existing keys may lack"))
        }
        if new.actors == .everybody, old.actors != .everybody {
            problems.add(new.node.problem("may no longer be called with keys that reach only some segments"))
        }
        if old.isIdempotent, !new.isIdempotent {
            problems.add(new.node.problem("is no longer idempotent, on which callers rely when they repeat a call"))
        }
    }

    private mutating func compareProperties(
        _ old: [Schema.Property], _ new: [Schema.Property], _ direction: Direction, _ place: Node, _ oldSide: Side,
        _ newSide: Side
    ) {
        for property in old {
            guard let next = new.first(where: { $0.name == property.name }) else {
                problems.add(place.problem("has no '\(property.name)' any more"))
                continue
            }
            switch direction {
            case .sent where next.isRequired && !property.isRequired:
                problems.add(next.schema.node.problem("has become required"))
            case .answered where !next.isRequired && property.isRequired:
                problems.add(next.schema.node.problem("is no longer always answered"))
            default: break
            }
            compare(property.schema, next.schema, direction, next.schema.node, oldSide, newSide)
        }
        for property in new where direction == .sent && property.isRequired {
            if !old.contains(where: { $0.name == property.name }) {
                problems.add(
                    property.schema.node.problem("is new and required: callers of the old contract do not send it"))
            }
        }
    }

    // MARK: Schemas

    mutating func compare(
        _ old: Schema, _ new: Schema, _ direction: Direction, _ place: Node, _ oldSide: Side, _ newSide: Side
    ) {
        guard let (before, beforeDocument) = problems.collect({ try oldSide.set.resolved(old, in: oldSide.document) }),
            let (after, afterDocument) = problems.collect({ try newSide.set.resolved(new, in: newSide.document) })
        else { return }
        if case .reference = old.kind { reached.insert(Self.place(before)) }
        if case .reference = new.kind {
            let pair = "\(direction) \(Self.place(before)) \(Self.place(after))"
            guard compared.insert(pair).inserted else { return }
        }
        let oldSide = Side(oldSide.set, beforeDocument)
        let newSide = Side(newSide.set, afterDocument)
        switch direction {
        case .sent where before.isNullable && !after.isNullable:
            problems.add(place.problem("may no longer be null"))
        case .answered where after.isNullable && !before.isNullable:
            problems.add(place.problem("may now be null, which callers do not expect"))
        case .sent where before.isPatch && !after.isPatch:
            problems.add(place.problem("no longer tells null from absent, which were different to callers"))
        case .sent where before.isNullable && !before.isPatch && after.isPatch:
            problems.add(place.problem("now tells null from absent, which were the same to callers"))
        default: break
        }
        compareKinds(before.kind, after.kind, direction, after.node, oldSide, newSide)
    }

    private mutating func compareKinds(
        _ old: Schema.Kind, _ new: Schema.Kind, _ direction: Direction, _ place: Node, _ oldSide: Side, _ newSide: Side
    ) {
        switch (old, new) {
        case (.boolean, .boolean), (.decimal, .decimal):
            break
        case (.integer(let old), .integer(let new)):
            compareBounds((old.minimum, old.maximum), (new.minimum, new.maximum), place)
            if old.isUnsigned != new.isUnsigned { problems.add(place.problem("is of another integer type")) }
        case (.number(let old), .number(let new)):
            compareBounds((old.minimum, old.maximum), (new.minimum, new.maximum), place)
        case (.string(let old), .string(let new)):
            compareBounds((old.minimum, old.maximum), (new.minimum, new.maximum), place)
            if let pattern = new.pattern, pattern != old.pattern {
                problems.add(place.problem("has another pattern, \(pattern.text)"))
            }
        case (.format(let old), .format(let new)) where old == new:
            break
        case (.constant(let old), .constant(let new)) where old == new:
            break
        case (.enumeration(let old), .enumeration(let new)):
            for value in old where !new.contains(where: { $0.value == value.value }) {
                problems.add(place.problem("has no value '\(value.value)' any more"))
            }
        case (.raw(let old), .raw(let new)):
            compareBounds((nil, old.maximumBytes), (nil, new.maximumBytes), place)
            if let type = new.type, type != old.type {
                problems.add(place.problem("must now be of type \(type.rawValue)"))
            }
        case (.array(let oldItems, let old), .array(let newItems, let new)):
            compareBounds((old.minimum, old.maximum), (new.minimum, new.maximum), place)
            compare(oldItems, newItems, direction, newItems.node, oldSide, newSide)
        case (.dictionary(let oldValues, let oldNames, let old), .dictionary(let newValues, let newNames, let new)):
            compareBounds((old.minimum, old.maximum), (new.minimum, new.maximum), place)
            compareKinds(.string(oldNames), .string(newNames), direction, place, oldSide, newSide)
            compare(oldValues, newValues, direction, newValues.node, oldSide, newSide)
        case (.object(let old), .object(let new)):
            compareProperties(old, new, direction, place, oldSide, newSide)
        case (.union(let old), .union(let new)):
            compareUnions(old, new, direction, place, oldSide, newSide)
        default:
            problems.add(place.problem("is of another type"))
        }
    }

    private mutating func compareUnions(
        _ old: Schema.Union, _ new: Schema.Union, _ direction: Direction, _ place: Node, _ oldSide: Side,
        _ newSide: Side
    ) {
        guard old.discriminator == new.discriminator else {
            return problems.add(place.problem("is told apart by another member"))
        }
        for variant in old.variants {
            guard let tag = try? oldSide.set.tag(of: variant, discriminator: old.discriminator, in: oldSide.document)
            else { continue }
            let next = new.variants.first {
                (try? newSide.set.tag(of: $0, discriminator: new.discriminator, in: newSide.document)) == tag
            }
            if let next {
                compare(variant.schema, next.schema, direction, next.schema.node, oldSide, newSide)
            } else {
                problems.add(place.problem("has no variant '\(tag)' any more"))
            }
        }
    }

    /// Limits may widen, never tighten.
    private mutating func compareBounds<Bound: Comparable>(
        _ old: (minimum: Bound?, maximum: Bound?), _ new: (minimum: Bound?, maximum: Bound?), _ place: Node
    ) {
        if let minimum = new.minimum {
            if let before = old.minimum, minimum > before {
                problems.add(place.problem("must now be at least \(minimum), not \(before): narrower"))
            } else if old.minimum == nil {
                problems.add(place.problem("has a new minimum, \(minimum): narrower"))
            }
        }
        if let maximum = new.maximum {
            if let before = old.maximum, maximum < before {
                problems.add(place.problem("must now be at most \(maximum), not \(before): narrower"))
            } else if old.maximum == nil {
                problems.add(place.problem("has a new maximum, \(maximum): narrower"))
            }
        }
    }
}
