import JSON
import PythonOracle
import ServiceContract
import Testing

@testable import GatewayService

@Suite struct DiscoveryTests {
    private static let names = ["rpc.discover", "session.authenticate", "signals.track", "keys.create", "keys.verify"]

    @Test("rpc.discover answers one document with what its reader may call, and everything that leads to")
    func doors() throws {
        let routes = try Routes()
        let clients = try JSONValue(parsing: routes.clientDocument)
        let administrators = try JSONValue(parsing: routes.administratorDocument)
        #expect(Self.names.map { Self.methods(clients).contains($0) } == [true, true, true, false, false])
        #expect(Self.names.map { Self.methods(administrators).contains($0) } == [true, true, true, true, false])
        #expect(Set(Self.methods(administrators)) == Set(routes.methods.map(\.name) + ["rpc.discover"]))
        for document in [clients, administrators] {
            #expect(Self.methods(document).count == Set(Self.methods(document)).count)
            for component in document.components { #expect(document[pointer: Self.pointer(component)] != nil) }
            let defined = ContractComponent.Kind.allCases.map { document["components"]?[$0.rawValue]?.object?.count }
            #expect(defined.compactMap { $0 }.reduce(0, +) == document.components.count)
        }
        #expect(clients["x-http-statuses"]?["notFound"] == 404)
        #expect(clients["components"]?["schemas"]?["Organization"] == nil)
    }

    @Test(
        "Its documents are valid by OpenRPC's own meta-schema",
        .enabled(if: OpenRPCOracle.isAvailable, Comment(rawValue: OpenRPCOracle.requirement)))
    func metaSchema() throws {
        let routes = try Routes()
        let problems = try OpenRPCOracle.problems(of: [
            ("clients.json", routes.clientDocument), ("administrators.json", routes.administratorDocument),
            ("merged.json", try Discovery(Self.contracts()).document { _ in true }),
        ])
        #expect(problems == nil)
    }

    @Test("A name for two things gets its service in front, and so does what is defined by it; others stay one")
    func ambiguity() throws {
        let document = try JSONValue(parsing: Discovery(Self.contracts()).document { _ in true })
        let schemas = document["components"]?["schemas"]
        #expect(schemas?["AlphaItem"]?["type"] == "string" && schemas?["BetaItem"]?["type"] == "integer")
        #expect(schemas?["AlphaPage"]?["items"]?["$ref"] == "#/components/schemas/AlphaItem")
        #expect(schemas?["BetaPage"]?["items"]?["$ref"] == "#/components/schemas/BetaItem")
        #expect(schemas?.object?.map(\.name).sorted() == ["AlphaItem", "AlphaPage", "BetaItem", "BetaPage", "Shared"])
        #expect(document["components"]?["errors"]?.object?.map(\.name) == ["alphaGone", "betaGone"])
        #expect(document["x-http-statuses"] == ["alphaGone": 404, "betaGone": 410])
        #expect(document["methods"]?[1]?["errors"]?[0]?["$ref"] == "#/components/errors/alphaGone")
        #expect(document["methods"]?[2]?["x-service"] == "beta" && document["methods"]?[2]?["x-database"] == "brand")
        #expect(document["methods"]?[2]?["examples"]?[0]?["x-error"] == "#/components/errors/betaGone")
        // An example is data, whatever it looks like.
        let value = document["methods"]?[2]?["examples"]?[0]?["params"]?[0]?["value"]
        #expect(value == ["$ref": "#/components/schemas/Item"])
    }

    private static func methods(_ document: JSONValue) -> [String] {
        document["methods"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    private static func pointer(_ component: ContractComponent) -> String { String(component.reference.dropFirst()) }

    /// Two contracts that share one schema and use three names for things of their own.
    private static func contracts() throws -> [Discovery.Contract] {
        [
            try contract("alpha", item: "string", gone: 404), try contract("beta", item: "integer", gone: 410),
        ]
    }

    private static func contract(_ service: String, item: String, gone: Int) throws -> Discovery.Contract {
        let method = MethodDescription(
            name: "\(service).get", summary: "Gets.", kind: .read, database: .brand, scope: nil, cost: 1,
            costItems: nil, isAudited: false, isIdempotent: false, callers: ["anyone"])
        return try Discovery.Contract(
            service, [method],
            """
            {
              "x-database": "brand", "x-http-statuses": {"gone": \(gone)},
              "methods": [{
                "name": "\(service).get", "errors": [{"$ref": "#/components/errors/gone"}],
                "params": [{"name": "by", "schema": {"$ref": "#/components/schemas/Shared"}}],
                "result": {"name": "reply", "schema": {"$ref": "#/components/schemas/Page"}},
                "examples": [{
                  "name": "x", "params": [{"name": "by", "value": {"$ref": "#/components/schemas/Item"}}],
                  "x-error": "#/components/errors/gone"
                }]
              }],
              "components": {
                "schemas": {
                  "Item": {"type": "\(item)"}, "Shared": {"type": "object"}, "Unused": {"type": "object"},
                  "Page": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
                },
                "errors": {"gone": {"code": \(gone), "message": "It is gone."}}
              }
            }
            """)
    }
}
