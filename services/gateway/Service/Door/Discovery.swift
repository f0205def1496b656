import JSON
import ServiceContract

/// The contracts of all services as one OpenRPC document, which is what `rpc.discover` answers.
///
/// It has the methods that its reader may call and the components that these lead to. A name that two contracts give to
/// different things becomes two: with the name of the service in front.
struct Discovery {
    struct Contract {
        let service: String
        let methods: [MethodDescription]
        let document: JSONValue

        /// - Parameter document: the bundle that the service's contract module holds.
        init(_ service: String, _ methods: [MethodDescription], _ document: String) throws(JSONError) {
            self.service = service
            self.methods = methods
            self.document = try JSONValue.parse(document)
        }

        fileprivate func definition(of component: ContractComponent) -> JSONValue? {
            document["components"]?[component.kind.rawValue]?[component.name]
        }
    }

    private let contracts: [Contract]
    private let ambiguous: Set<ContractComponent>

    init(_ contracts: [Contract]) {
        self.contracts = contracts
        ambiguous = Self.ambiguous(contracts)
    }

    /// The document for those who may call the methods that `admits` lets through.
    ///
    /// - Throws: ``RouteError`` where a name with its service in front is a name already.
    func document(admits: (MethodDescription) -> Bool) throws(RouteError) -> [UInt8] {
        var methods = [Self.discover]
        var components = Components()
        for contract in contracts {
            var found: [ContractComponent] = []
            let rename = { (component: ContractComponent) in
                if !found.contains(component) { found.append(component) }
                return self.renamed(component, in: contract)
            }
            let admitted = Set(contract.methods.filter(admits).map(\.name))
            for method in contract.document["methods"]?.array ?? [] {
                guard let name = method["name"]?.string, admitted.contains(name) else { continue }
                methods.append(Self.complete(method.renamingComponents(rename), of: contract))
            }
            var next = 0
            while next < found.count {
                let component = found[next]
                next += 1
                guard let definition = contract.definition(of: component) else { continue }
                try components.add(
                    definition.renamingComponents(rename), as: renamed(component, in: contract),
                    status: contract.document["x-http-statuses"]?[component.name])
            }
        }
        return Self.document(methods, components).json()
    }

    private static func document(_ methods: [JSONValue], _ components: Components) -> JSONValue {
        [
            "openrpc": "1.4.0",
            "info": [
                "title": "Gyre", "version": "1.0.0",
                "description": "What may be called here, whichever service answers it.",
            ],
            "methods": .array(methods),
            "components": ["schemas": .object(components.schemas), "errors": .object(components.errors)],
            "x-http-statuses": .object(components.statuses),
        ]
    }

    /// OpenRPC's service discovery method.
    private static let discover: JSONValue = [
        "name": "rpc.discover", "summary": "Returns this document.", "x-callers": ["anyone"], "params": [],
        "result": ["name": "OpenRPC Schema", "schema": ["$ref": "https://meta.open-rpc.org/"]],
    ]

    /// A method with what else it had from its document.
    private static func complete(_ method: JSONValue, of contract: Contract) -> JSONValue {
        guard var object = method.object else { return method }
        object["x-service"] = .string(contract.service)
        object["x-database"] = object["x-database"] ?? contract.document["x-database"]
        return .object(object)
    }

    // MARK: Names

    private func renamed(_ component: ContractComponent, in contract: Contract) -> ContractComponent {
        guard ambiguous.contains(component) else { return component }
        let service = component.kind == .schemas ? contract.service.capitalisedFirst : contract.service
        return ContractComponent(kind: component.kind, name: service + component.name.capitalisedFirst)
    }

    /// Names that mean different things in two contracts: defined differently, or in terms of such a name.
    private static func ambiguous(_ contracts: [Contract]) -> Set<ContractComponent> {
        var definitions: [ContractComponent: [JSONValue]] = [:]
        for contract in contracts {
            for kind in ContractComponent.Kind.allCases {
                for member in contract.document["components"]?[kind.rawValue]?.object ?? JSONObject() {
                    definitions[ContractComponent(kind: kind, name: member.name), default: []].append(member.value)
                }
            }
        }
        let shared = definitions.filter { $0.value.count > 1 }
        var ambiguous = Set(shared.filter { Set($0.value).count > 1 }.keys)
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for (component, definitions) in shared where !ambiguous.contains(component) {
                guard !definitions[0].components.isDisjoint(with: ambiguous) else { continue }
                ambiguous.insert(component)
                isGrowing = true
            }
        }
        return ambiguous
    }
}

/// The components of the document under construction.
private struct Components {
    var schemas = JSONObject()
    var errors = JSONObject()
    /// The HTTP status of each error.
    var statuses = JSONObject()

    mutating func add(
        _ definition: JSONValue, as component: ContractComponent, status: JSONValue?
    ) throws(RouteError) {
        let name = component.name
        let known = component.kind == .schemas ? schemas[name] : errors[name]
        guard known == nil || known == definition else {
            throw RouteError(description: "rpc.discover would have two different \(component.kind.rawValue) '\(name)'.")
        }
        switch component.kind {
        case .schemas: schemas[name] = definition
        case .errors:
            errors[name] = definition
            statuses[name] = status
        }
    }
}

extension String {
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
