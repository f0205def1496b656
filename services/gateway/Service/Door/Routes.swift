import ExperimentsAPI
import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import StimuliAPI
import TenancyAPI

/// Which service answers which method: the contracts of all services as one table.
struct Routes {
    final class Route: Sendable {
        let method: MethodDescription
        /// `gateway` answers here, any other service behind its socket.
        let service: String
        /// `,"method":"signals.track","context":`, ready to be sent on.
        let head: [UInt8]
        /// `,"method":"signals.track"`, for the access log.
        let accessMember: [UInt8]
        /// Counts the methods from 0.
        let number: Int
        /// Whether the method needs no key.
        let isOpen: Bool

        fileprivate init(_ method: MethodDescription, service: String, number: Int) {
            self.method = method
            self.service = service
            self.number = number
            isOpen = method.isOpen
            var head = JSONWriter(capacity: 64)
            head.verbatim(",\"method\":")
            head.string(method.name)
            accessMember = head.bytes()
            head.verbatim(",\"context\":")
            self.head = head.bytes()
        }
    }

    /// By number.
    private let routes: [Route]
    private let names: JSONKeyIndex
    /// What `rpc.discover` answers to clients.
    let clientDocument: [UInt8]
    /// What `rpc.discover` answers at the platform's own door, which opens more methods.
    let administratorDocument: [UInt8]

    /// - Throws: ``RouteError`` for a method that clients can call and that says no scope.
    init() throws {
        var routes: [Route] = []
        var names = JSONKeyIndex()
        let contracts = [
            try Discovery.Contract("experiments", ExperimentsContract.methods, ExperimentsContract.document),
            try Discovery.Contract("gateway", GatewayContract.methods, GatewayContract.document),
            try Discovery.Contract("signals", SignalsContract.methods, SignalsContract.document),
            try Discovery.Contract("stimuli", StimuliContract.methods, StimuliContract.document),
            try Discovery.Contract("tenancy", TenancyContract.methods, TenancyContract.document),
        ]
        for contract in contracts {
            for method in contract.methods where method.isPublic {
                if method.callers.contains("public") && method.scope == nil {
                    throw RouteError(description: "The method \(method.name) says neither scope nor 'anyone'.")
                }
                guard names.insert(method.name) else {
                    throw RouteError(description: "Two services have a method \(method.name).")
                }
                routes.append(Route(method, service: contract.service, number: routes.count))
            }
        }
        self.routes = routes
        self.names = names
        let discovery = Discovery(contracts)
        clientDocument = try discovery.document { $0.callers.contains("public") || $0.callers.contains("anyone") }
        administratorDocument = try discovery.document(admits: \.isPublic)
    }

    /// All methods that clients can call, by number.
    var methods: [MethodDescription] { routes.map(\.method) }

    subscript(name: JSONKey) -> Route? { names[name].map { routes[$0] } }

    /// The elements of the one array that is counted; 1 for a method that counts none.
    ///
    /// `params` were validated when the line was read.
    static func cost(of method: MethodDescription, _ params: UnsafeRawBufferPointer) -> Int64 {
        guard let items = method.costItems else { return Int64(method.cost) }
        var reader = JSONReader(params)
        return Int64(method.cost) * max(1, (try? count(items, &reader)) ?? 1)
    }

    private static func count(_ items: String, _ reader: inout JSONReader) throws(JSONError) -> Int64 {
        var count: Int64 = 0
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard name.string == items, try reader.peek() == .array else {
                try reader.skip()
                continue
            }
            try reader.beginArray()
            while try reader.nextElement() {
                count += 1
                try reader.skip()
            }
        }
        return count
    }
}

/// Why the gateway does not start.
struct RouteError: Error, CustomStringConvertible {
    let description: String
}
