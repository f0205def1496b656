import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit

/// Asks every service how it is.
struct SystemStatus: GatewayAPI.System.Service {
    private static let deadlineMilliseconds: Int64 = 2_000

    let services: [String]
    /// Which of them this is.
    private let own: String
    private let doors: OpenDoors
    private let dial: @Sendable (String) -> any JSONRPCClient

    init(
        services: [String], of own: String, doors: OpenDoors, dial: @escaping @Sendable (String) -> any JSONRPCClient
    ) {
        self.services = services
        self.own = own
        self.doors = doors
        self.dial = dial
    }

    func status(
        _ params: GatewayAPI.System.Status.Params, for call: CallContext
    ) async throws(RPCError) -> GatewayAPI.System.Status.Reply {
        GatewayAPI.System.Status.Reply(services: await all())
    }

    /// One entry for each service, in the order of their names.
    func all() async -> [ServiceStatus] {
        await withTaskGroup(of: ServiceStatus.self) { group in
            for service in services { group.addTask { await one(service) } }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.name < $1.name }
        }
    }

    /// The figures of one service; nil when it does not answer.
    func metrics(of service: String) async -> String? {
        let call = CallContext(principal: "service:gateway", deadlineMilliseconds: Self.deadlineMilliseconds)
        return try? await PlatformAPI.Metrics.Client(dial(service)).read(PlatformAPI.Metrics.Read.Params(), for: call)
            .text
    }

    private func one(_ service: String) async -> ServiceStatus {
        let call = CallContext(principal: "service:gateway", deadlineMilliseconds: Self.deadlineMilliseconds)
        do throws(RPCError) {
            let reply = try await Health.Client(dial(service)).check(Health.Check.Params(), for: call)
            let isOpen = service != own || doors.areOpen
            return ServiceStatus(
                name: service, ready: reply.writable && isOpen, brands: reply.brands, startedAt: reply.startedAt,
                problem: !reply.writable
                    ? "It cannot write: is the disk full?" : isOpen ? reply.problem : "It does not take HTTP yet.")
        } catch {
            return ServiceStatus(
                name: service, ready: false, problem: "It does not answer (error \(error.code)); see its log.")
        }
    }
}
