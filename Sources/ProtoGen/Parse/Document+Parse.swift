import JSON

extension Document {
    private static let members: Set<String> = [
        "$schema", "openrpc", "info", "methods", "components", "x-service", "x-database", "x-error-range",
    ]

    /// Reads a contract. What is wrong with one method or component does not hide the others.
    init(file: String, _ bytes: [UInt8]) throws(Problems) {
        var problems = Problems()
        let parsed = problems.collect { try Self.parse(file: file, bytes) }
        guard let root = parsed else { throw problems }
        let isCommon = file == "common.json"

        _ = problems.collect {
            try root.refuseMembers(besides: Self.members, in: "a contract")
            try Self.requireVersion(try root.requiredMember("openrpc"))
        }
        let heading = problems.collect {
            let info = try root.requiredMember("info")
            try info.refuseMembers(besides: ["title", "version", "description", "license", "contact"], in: "info")
            _ = try info.requiredMember("version").text()
            return (try info.requiredMember("title").text(), try info.requiredMember("description").text())
        }
        let service: String?? = problems.collect {
            isCommon ? nil : try Self.serviceName(try root.requiredMember("x-service"))
        }
        let database = problems.collect { try root.member("x-database")?.word(Database.self) ?? .brand }
        let range = problems.collect { try Self.errorRange(root.member("x-error-range")) }

        let components = root.member("components")
        let schemas = Self.schemas(components, &problems)
        let errors = Self.errors(components, &problems)
        let methods = Self.methods(root, database ?? .brand, &problems)
        try problems.throwIfAny()
        guard let heading, let service, let database, let range else { throw problems }

        self.file = file
        self.root = root
        self.service = service
        (title, description) = heading
        self.database = database
        self.methods = methods
        self.schemas = schemas
        self.errors = errors
        errorRange = range
    }

    private static func parse(file: String, _ bytes: [UInt8]) throws(Problem) -> Node {
        do {
            return Node(file: file, try JSONValue(parsing: bytes))
        } catch {
            throw Problem(file: file, pointer: error.pointer, "byte \(error.offset): \(error.message)")
        }
    }

    private static func requireVersion(_ node: Node) throws(Problem) {
        let version = try node.string()
        guard version.hasPrefix("1.4.") || ["1.3.0", "1.3.1", "1.3.2"].contains(version) else {
            throw node.problem("must be a version of OpenRPC 1.4 or 1.3, such as 1.4.0")
        }
    }

    private static func serviceName(_ node: Node) throws(Problem) -> String {
        let name = try node.text()
        guard SwiftName.isMemberName(name) else { throw node.problem("must be a name such as tenancy") }
        return name
    }

    private static func errorRange(_ node: Node?) throws(Problem) -> ClosedRange<Int64>? {
        guard let node else { return nil }
        let bounds = try node.elements()
        guard bounds.count == 2 else { throw node.problem("must be [first, last]") }
        let (first, last) = (try bounds[0].integer(), try bounds[1].integer())
        guard first <= last else { throw node.problem("must be [first, last]") }
        guard last < -32768 || first > -32000 else {
            throw node.problem("must lie outside -32768 … -32000, which JSON-RPC and common.json use")
        }
        return first...last
    }

    // MARK: Components

    private static func schemas(_ components: Node?, _ problems: inout Problems) -> [Component] {
        var schemas: [Component] = []
        _ = problems.collect {
            try components?.refuseMembers(besides: ["schemas", "errors"], in: "components")
        }
        let members = problems.collect { try components?.member("schemas")?.members() ?? [] }
        for (name, node) in members ?? [] {
            let component = problems.collect {
                guard SwiftName.isTypeName(name) else {
                    throw node.problem("must have a Swift type name, such as KeyRevocation")
                }
                let schema = try Schema(node)
                guard !schema.isPatch else { throw node.problem("has 'x-patch', which belongs to a member") }
                return Component(name: name, schema: schema)
            }
            if let component { schemas.append(component) }
        }
        return schemas
    }

    private static func errors(_ components: Node?, _ problems: inout Problems) -> [ErrorDefinition] {
        let members = problems.collect { try components?.member("errors")?.members() ?? [] }
        return (members ?? []).compactMap { member in
            problems.collect { try ErrorDefinition(member.name, member.node) }
        }
    }

    private static func methods(_ root: Node, _ database: Database, _ problems: inout Problems) -> [Method] {
        let nodes = problems.collect { try root.requiredMember("methods").elements() }
        return (nodes ?? []).compactMap { node in
            problems.collect { try Method(node, database) }
        }
    }
}

extension ErrorDefinition {
    init(_ name: String, _ node: Node) throws(Problem) {
        try Schema.requirePropertyName(name, node)
        try node.refuseMembers(besides: ["code", "message", "data", "x-http-status"], in: "an error")
        self.node = node
        self.name = name
        code = try node.requiredMember("code").integer()
        message = try node.requiredMember("message").text()
        let status = try node.requiredMember("x-http-status")
        httpStatus = try status.integer()
        guard (400...599).contains(httpStatus) else { throw status.problem("must be 400 to 599") }
    }
}
