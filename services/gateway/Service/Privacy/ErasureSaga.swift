import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import Logging
import PlatformAPI
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Carries privacy requests through all services, however long one of them is down.
///
/// Every step can be repeated: a service that erased already finds nothing more. What a service knows of the subject
/// beside what it was given is written down and taken to all others, until nobody knows anything new. A request is
/// never given up.
final class ErasureSaga: Service {
    /// How long to wait before a service that did not answer is asked again.
    private static let retrySeconds = 1
    private static let stepDeadlineMilliseconds: Int64 = 60_000

    private let runtime: ServiceRuntime
    private let dial: @Sendable (String) -> any JSONRPCClient
    private let services: [String]
    private let requests = PrivacyRequestStore()
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "privacy")

    /// - Parameter services: all that may hold something of a data subject.
    init(runtime: ServiceRuntime, services: [String], dial: @escaping @Sendable (String) -> any JSONRPCClient) {
        self.runtime = runtime
        self.services = services
        self.dial = dial
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there may be a new request. One whose transaction is still open is found by the next look.
    func wake() {
        wakeUp.yield()
    }

    func run() async throws {
        wake()
        await withGracefulShutdownHandler {
            for await _ in wakes { await carryOn() }
        } onGracefulShutdown: {
            self.wakeUp.finish()
        }
    }

    private func carryOn() async {
        do {
            // The commit that holds a new request may still be on its way to the disk.
            try await runtime.write(runtime.databases.serviceFile) { _ throws(RPCError) in () }
            let open = try await runtime.read(runtime.databases.serviceFile) {
                [requests] transaction throws(RPCError) in
                try requests.open(in: transaction)
            }
            for request in open { try await carryOut(request) }
        } catch {
            logger.warning("a privacy request waits", metadata: ["cause": "\(error.cause ?? error.message)"])
            try? await Task.sleep(for: .seconds(Self.retrySeconds))
            wake()
        }
    }

    private func carryOut(_ request: PrivacyRequestStore.Open) async throws(RPCError) {
        let file = runtime.databases.serviceFile
        var request = request
        try await runtime.write(file) { [requests, request] transaction throws(RPCError) in
            try requests.begin(request.id, in: transaction)
        }
        while true {
            let finished = try await runtime.read(file) { [requests, request] transaction throws(RPCError) in
                try requests.finished(request, in: transaction)
            }
            guard let service = services.first(where: { !finished.contains($0) }) else { break }
            request = try await erase(request, in: service)
        }
        try await runtime.write(file) { [requests, request, now = runtime.clock.now()] transaction throws(RPCError) in
            try requests.complete(request.id, at: now, in: transaction)
        }
        // The identifiers stood in this file until now; a checkpoint leaves none of them in the log.
        try await runtime.checkpoint(file)
        logger.info("a privacy request is completed", metadata: ["request": "\(request.id)"])
    }

    private func erase(
        _ request: PrivacyRequestStore.Open, in service: String
    ) async throws(RPCError) -> PrivacyRequestStore.Open {
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let params = Subjects.Erase.Params(
            request: request.id, identifiers: request.identifiers, actors: request.actors)
        let reply = try await Subjects.Client(dial(service)).erase(params, for: call)
        var known = request
        for identifier in reply.identifiers where !known.identifiers.contains(identifier) {
            known.identifiers.append(identifier)
        }
        for actor in reply.actors where !known.actors.contains(actor) { known.actors.append(actor) }
        // A service that itself added something has erased by it already.
        let given = known.known
        try await runtime.write(runtime.databases.serviceFile) { [requests, known] transaction throws(RPCError) in
            try requests.note(service, known: given, rows: reply.rows, known, in: transaction)
        }
        return known
    }
}
