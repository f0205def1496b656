import JSON

/// One contract: `proto-json/<service>.json`, or `common.json`, whose components all others may use.
struct Document {
    /// `tenancy.json`.
    let file: String
    let root: Node
    /// `tenancy`; nil for `common.json`.
    let service: String?
    let title: String
    let description: String
    let database: Database
    let methods: [Method]
    /// The component schemas, in the order of the file.
    let schemas: [Component]
    let errors: [ErrorDefinition]
    /// The codes this service may give to errors of its own.
    let errorRange: ClosedRange<Int64>?

    /// The name of the Swift module and of its main type: `TenancyAPI`.
    var apiName: String { SwiftName.type(service ?? "common") + "API" }

    /// What the module says of the contract as a whole. Not the module's own name: that would hide the module.
    var contractName: String { SwiftName.type(service ?? "common") + "Contract" }

    struct Component {
        let name: String
        let schema: Schema

        /// Its type in Swift: its name, unless it has a `title`.
        var typeName: String { schema.title ?? name }
    }

    /// Which file a method works on.
    enum Database: String, CaseIterable {
        /// The caller's brand's own.
        case brand
        /// What belongs to no brand.
        case service
    }
}

/// One method of a contract.
struct Method {
    let node: Node
    /// `keys.revoke`.
    let name: String
    let summary: String
    let description: String?
    let kind: Kind
    let database: Document.Database
    let scope: String?
    let cost: Int
    /// The array parameter whose elements are charged one by one.
    let costItems: String?
    let isAudited: Bool
    let isIdempotent: Bool
    /// Whether the reply waits until what the call tells other services has arrived there.
    let awaitsDelivery: Bool
    /// What it has to do with the actors of its brand.
    let actors: Actors
    /// Who may call: `public`, `anyone`, `admin`, `service:gateway`.
    let callers: [String]
    let parameters: [Schema.Property]
    let result: Schema
    let errors: [ErrorUse]
    let examples: [Example]

    var noun: String { String(name.prefix { $0 != "." }) }
    var verb: String { String(name.drop { $0 != "." }.dropFirst()) }

    enum Kind: String, CaseIterable {
        case read, write, flow
    }

    enum Actors: String, CaseIterable {
        case everybody, reached, nobody
    }
}

/// A place where a contract names an error.
struct ErrorUse {
    let reference: Reference
    let node: Node
}

/// A call and its answer, which the contract tests execute.
struct Example {
    let node: Node
    let name: String
    /// What must be there before the call.
    let fixture: String?
    let parameters: [(name: String, value: Node)]
    let outcome: Outcome

    enum Outcome {
        case result(Node)
        case error(ErrorUse)
    }

    /// The parameters as the one object that a call sends.
    var parameterObject: JSONValue {
        var object = JSONObject()
        for parameter in parameters { object[parameter.name] = parameter.value.value }
        return .object(object)
    }
}

/// An error that methods may answer.
struct ErrorDefinition {
    let node: Node
    let name: String
    let code: Int64
    /// What it means, as a sentence.
    let message: String
    let httpStatus: Int64
}
