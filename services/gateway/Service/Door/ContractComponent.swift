import JSON

/// What a reference of a contract leads to.
struct ContractComponent: Hashable {
    enum Kind: String, CaseIterable {
        case schemas, errors
    }

    let kind: Kind
    let name: String

    init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// Nil for a reference to anything else.
    init?(reference: String) {
        for kind in Kind.allCases where reference.hasPrefix("#/components/\(kind.rawValue)/") {
            self.init(kind: kind, name: String(reference.dropFirst("#/components/\(kind.rawValue)/".count)))
            return
        }
        return nil
    }

    var reference: String { "#/components/\(kind.rawValue)/\(name)" }
}

extension JSONValue {
    /// The components that references in this part of a contract lead to.
    var components: Set<ContractComponent> {
        var found: Set<ContractComponent> = []
        _ = renamingComponents { component in
            found.insert(component)
            return component
        }
        return found
    }

    /// This part of a contract with other names of components. Examples, defaults and constants are data: they stay.
    func renamingComponents(_ rename: (ContractComponent) -> ContractComponent) -> JSONValue {
        switch self {
        case .array(let elements):
            return .array(elements.map { $0.renamingComponents(rename) })
        case .object(let object):
            var copy = JSONObject()
            for member in object {
                switch member.name {
                case "$ref", "x-error":
                    let component = member.value.string.flatMap { ContractComponent(reference: $0) }
                    copy[member.name] = component.map { .string(rename($0).reference) } ?? member.value
                case "value", "default", "data", "enum", "const":
                    copy[member.name] = member.value
                case "properties":
                    // Its members are named by the contract: one called "value" is a schema like the others.
                    var properties = JSONObject()
                    for property in member.value.object ?? JSONObject() {
                        properties[property.name] = property.value.renamingComponents(rename)
                    }
                    copy[member.name] = .object(properties)
                default:
                    copy[member.name] = member.value.renamingComponents(rename)
                }
            }
            return .object(copy)
        case .null, .bool, .number, .string:
            return self
        }
    }
}
