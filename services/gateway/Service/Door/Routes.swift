import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import TenancyAPI

/// Which service answers which method: the contracts of all services as one table.
struct Routes {
    struct Route {
        let method: MethodDescription
        /// `gateway` answers here, any other service behind its socket.
        let service: String
        /// `,"method":"signals.track","context":`, ready to be sent on.
        let head: [UInt8]
        /// Counts the methods from 0.
        let number: Int
    }

    private let routes: [String: Route]
    /// What `rpc.discover` answers to clients.
    let clientDocument: [UInt8]
    /// What `rpc.discover` answers at the platform's own door, which opens more methods.
    let administratorDocument: [UInt8]

    /// - Throws: ``RouteError`` for a method that clients can call and that says no scope.
    init() throws {
        var routes: [String: Route] = [:]
        let contracts = [
            try Discovery.Contract("gateway", GatewayContract.methods, GatewayContract.document),
            try Discovery.Contract("signals", SignalsContract.methods, SignalsContract.document),
            try Discovery.Contract("tenancy", TenancyContract.methods, TenancyContract.document),
        ]
        for contract in contracts {
            for method in contract.methods where method.isPublic {
                if method.callers.contains("public") && method.scope == nil {
                    throw RouteError(description: "The method \(method.name) says neither scope nor 'anyone'.")
                }
                var head = JSONWriter(capacity: 64)
                head.verbatim(",\"method\":")
                head.string(method.name)
                head.verbatim(",\"context\":")
                routes[method.name] = Route(
                    method: method, service: contract.service, head: head.bytes(), number: routes.count)
            }
        }
        self.routes = routes
        let discovery = Discovery(contracts)
        clientDocument = try discovery.document { $0.callers.contains("public") || $0.callers.contains("anyone") }
        administratorDocument = try discovery.document(admits: \.isPublic)
    }

    /// All methods that clients can call.
    var methods: [MethodDescription] { routes.values.map(\.method) }

    subscript(name: String) -> Route? { routes[name] }

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
