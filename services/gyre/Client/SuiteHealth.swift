import GatewayAPI
import JSON
import JSONRPC

/// How the services of a suite are, as its gateway sees them.
struct SuiteHealth {
    /// Sorted by name; a service of the suite that the gateway leaves out is there and not ready.
    let services: [ServiceStatus]

    static func ask(_ admin: SuiteClient) async throws(RPCError) -> SuiteHealth {
        SuiteHealth(try await System.Client(admin).status(System.Status.Params()).services)
    }

    init(_ reported: [ServiceStatus]) {
        var services = reported
        // The gateway may leave itself out: that it answers is its answer.
        for name in SuiteServices.names where name != SuiteServices.gateway {
            guard !services.contains(where: { $0.name == name }) else { continue }
            services.append(ServiceStatus(name: name, ready: false, problem: "the gateway does not know it"))
        }
        self.services = services.sorted { $0.name < $1.name }
    }

    /// The first service that is not ready.
    var late: ServiceStatus? { services.first { !$0.ready } }

    func table(now: Timestamp) -> TextTable {
        var table = TextTable([
            .init("SERVICE"), .init("STATE"), .init("BRANDS", .right), .init("UP FOR", .right), .init("PROBLEM"),
        ])
        for service in services {
            let seconds = service.startedAt.map { Int(max(0, now.microseconds - $0.microseconds) / 1_000_000) }
            table.add([
                service.name, service.ready ? "ready" : "not ready", service.brands?.grouped,
                seconds.map(readableDuration), service.problem,
            ])
        }
        return table
    }
}
