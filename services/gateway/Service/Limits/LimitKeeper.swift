import JSONRPC
import Limits
import Logging
import NIOCore
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Keeps what was spent of limits and quotas on disk, ahead of it being spent.
///
/// Its first work is to find what the process before left; its last, when nothing is admitted any more, to leave
/// exactly what was spent.
final class LimitKeeper: Service {
    private let runtime: ServiceRuntime
    private let clock: BootClock
    private let eventLoop: any EventLoop
    private let gate: NIOLoopBound<Gate>
    private let wakes: AsyncStream<Void>
    private let logger = Logger(label: "limits")
    private let store = LimitStore()

    init(
        _ gate: NIOLoopBound<Gate>, on eventLoop: any EventLoop, runtime: ServiceRuntime, clock: BootClock,
        wakes: AsyncStream<Void>
    ) {
        self.gate = gate
        self.eventLoop = eventLoop
        self.runtime = runtime
        self.clock = clock
        self.wakes = wakes
    }

    /// The limits as the process before left them; from now on a crash counts as one.
    static func restore(_ runtime: ServiceRuntime, _ clock: BootClock) async throws(RPCError) -> Limiter {
        let store = LimitStore()
        return try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            let checkpoint = try store.checkpoint(in: transaction)
            let now = clock.now()
            let rows = try store.buckets(in: transaction)
            let quotas = try store.quotas(in: transaction)
            let buckets = BucketTable(restoring: rows, checkpoint, boot: clock.boot, at: now)
            let reservations = LimitStore.Reservations(
                buckets: rows.map { .init(name: $0.name, arrival: buckets.arrival(of: $0.name)) }, quotas: quotas)
            try store.replace(
                with: reservations, .init(boot: clock.boot, clock: now, isClean: false), in: transaction)
            return Limiter(buckets: buckets, quotas: QuotaTable(restoring: quotas))
        }
    }

    func run() async throws {
        for await _ in wakes.cancelOnGracefulShutdown() { await reserve() }
        // Cancelled: the process fails, and what it leaves counts as a crash.
        if !Task.isCancelled { await leave() }
    }

    /// Writes until nothing more is wanted.
    private func reserve() async {
        while let reservations = try? await eventLoop.submit({ [gate] in gate.value.takeReservations() }).get(),
            !reservations.isEmpty
        {
            var problem: RPCError?
            do throws(RPCError) {
                try await runtime.write(runtime.databases.serviceFile) { [store, clock] transaction throws(RPCError) in
                    try store.reserve(
                        reservations, .init(boot: clock.boot, clock: clock.now(), isClean: false), in: transaction)
                }
            } catch {
                logger.error(
                    "what limits have spent cannot be written", metadata: ["cause": "\(error.cause ?? error.message)"])
                problem = error
            }
            let outcome = problem
            try? await eventLoop.submit { [gate] in gate.value.reserved(reservations, outcome) }.get()
        }
    }

    private func leave() async {
        guard let spent = try? await eventLoop.submit({ [gate] in gate.value.close() }).get() else { return }
        do throws(RPCError) {
            try await runtime.write(runtime.databases.serviceFile) { [store, clock] transaction throws(RPCError) in
                try store.replace(
                    with: spent, .init(boot: clock.boot, clock: clock.now(), isClean: true), in: transaction)
            }
        } catch {
            logger.error(
                "what limits have spent cannot be written", metadata: ["cause": "\(error.cause ?? error.message)"])
        }
    }
}
