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
    }

    private let routes: [String: Route]

    /// - Throws: ``RouteError`` for a method that clients can call and that says no scope.
    init() throws {
        var routes: [String: Route] = [:]
        let contracts: [(String, [MethodDescription])] = [
            ("gateway", GatewayContract.methods), ("signals", SignalsContract.methods),
            ("tenancy", TenancyContract.methods),
        ]
        for (service, methods) in contracts {
            for method in methods where method.isPublic {
                if method.callers.contains("public") && method.scope == nil {
                    throw RouteError(description: "The method \(method.name) says neither scope nor 'anyone'.")
                }
                var head = JSONWriter(capacity: 64)
                head.verbatim(",\"method\":")
                head.string(method.name)
                head.verbatim(",\"context\":")
                routes[method.name] = Route(method: method, service: service, head: head.bytes())
            }
        }
        self.routes = routes
    }

    /// All methods that clients can call.
    var methods: [MethodDescription] { routes.values.map(\.method) }

    subscript(name: String) -> Route? { routes[name] }

    /// What `rpc.discover` answers: the contract of each service.
    static let discovery = Array(
        "{\"documents\":[\(GatewayContract.document),\(SignalsContract.document),\(TenancyContract.document)]}".utf8)

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
