import JSON
import JSONRPC
import Logging
import PlatformAPI
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Carries legal holds through all services: placed or released in one, they are in every one, however long that takes.
///
/// An order is on disk before the first service is asked, and goes when the last has answered. Every step can be repeated,
/// so what a crash interrupts, or a service that is down, is done again from the beginning, at the next start and each
/// second. Until then what keeps the data keeps it: a hold that is half placed holds, and one half released still does
/// in part.
final class HoldSaga: Service {
    /// How long to wait before a service that did not answer is asked again.
    private static let retrySeconds = 1

    private let runtime: ServiceRuntime
    private let services: BrandServices
    private let orders = HoldOrderStore()
    /// Called when a hold is released everywhere.
    private let released: @Sendable () -> Void
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    init(
        runtime: ServiceRuntime, services: [String], dial: @escaping @Sendable (String) -> any JSONRPCClient,
        released: @escaping @Sendable () -> Void
    ) {
        self.runtime = runtime
        self.services = BrandServices(names: services, dial: dial)
        self.released = released
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func run() async throws {
        wakeUp.yield()
        await withGracefulShutdownHandler {
            for await _ in wakes {
                guard await !carryOn() else { continue }
                try? await Task.sleep(for: .seconds(Self.retrySeconds))
                wakeUp.yield()
            }
        } onGracefulShutdown: {
            self.wakeUp.finish()
        }
    }

    /// Writes an order down and carries it out. When a service does not answer, the order is carried out later, and this
    /// fails.
    ///
    /// - Returns: the people whose data is kept, of a hold that is placed.
    func carryOut(_ order: HoldOrder) async throws(RPCError) -> Set<UUIDv7> {
        let file = runtime.databases.serviceFile
        try await runtime.write(file) { [orders] transaction throws(RPCError) in
            try orders.put(order, in: transaction)
        }
        do throws(RPCError) {
            return try await ask(order)
        } catch {
            wakeUp.yield()
            throw RPCError(
                code: error.code,
                message: "\(error.message) The legal hold \(order.hold) is written down and goes on by itself; "
                    + "legalHolds.list shows which services have it.",
                data: error.data, cause: error.cause)
        }
    }

    /// Carries out what waits, as far as it goes now.
    ///
    /// - Returns: whether nothing waits any more.
    func carryOn() async -> Bool {
        var isDone = true
        do throws(RPCError) {
            let waiting = try await runtime.read(runtime.databases.serviceFile) {
                [orders] transaction throws(RPCError) in
                try orders.all(in: transaction)
            }
            for order in waiting {
                do throws(RPCError) { _ = try await ask(order) } catch { isDone = tell(error, order) }
            }
        } catch {
            isDone = tell(error, nil)
        }
        return isDone
    }

    private func tell(_ error: RPCError, _ order: HoldOrder?) -> Bool {
        Logger(label: "privacy").warning(
            "a legal hold waits",
            metadata: [
                "hold": "\(order.map { "\($0.hold)" } ?? "")", "cause": "\(error.cause ?? error.message)",
            ])
        return false
    }

    /// Asks every service that has the brand, and forgets the order.
    private func ask(_ order: HoldOrder) async throws(RPCError) -> Set<UUIDv7> {
        let call = CallContext(brand: order.brand, principal: "service:gateway")
        var people: Set<UUIDv7> = []
        switch order.act {
        case .place:
            let record = HoldRecords.Place.Params(
                id: order.hold, reason: order.reason, placedBy: order.placedBy, identifiers: order.identifiers)
            let placed = try await services.each(for: call) { client, context throws(RPCError) in
                try await HoldRecords.Client(client).place(record, for: context)
            }
            for (_, answer) in placed { people.formUnion(answer.actors) }
        case .release:
            _ = try await services.each(for: call) { client, context throws(RPCError) in
                try await HoldRecords.Client(client).release(
                    HoldRecords.Release.Params(id: order.hold), for: context)
            }
        }
        try await runtime.write(runtime.databases.serviceFile) { [orders] transaction throws(RPCError) in
            try orders.remove(order, in: transaction)
        }
        if order.act == .release { released() }
        return people
    }
}
