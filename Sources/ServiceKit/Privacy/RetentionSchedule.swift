import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceLifecycle

/// Carries the retention rules of each brand out once a day.
struct RetentionSchedule: Service {
    private static let lookSeconds = 3_600
    /// How old the last time must be.
    static let periodMicroseconds: Int64 = 24 * 3_600 * 1_000_000

    let runtime: ServiceRuntime

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try await Task.sleep(for: .seconds(Self.lookSeconds))
            }
        }
    }

    /// Begins the work of every brand whose time has come.
    func look() async {
        for brand in runtime.databases.all {
            do throws(RPCError) {
                try await look(at: brand)
            } catch {
                Logger(label: "retention").error(
                    "retention rules wait; the next hour tries again",
                    metadata: ["brand": "\(brand)", "cause": "\(error.cause ?? error.message)"])
            }
        }
    }

    private func look(at brand: UUIDv7) async throws(RPCError) {
        guard let file = runtime.databases.file(of: brand) else { return }
        let now = runtime.clock.now()
        let isDue = try await runtime.read(file) { transaction throws(RPCError) in
            try RetentionStore().rules(in: transaction).contains { rule in
                rule.appliedAt.map { now.microseconds - $0.microseconds >= Self.periodMicroseconds } ?? true
            }
        }
        guard isDue else { return }
        try await runtime.write(file) { transaction throws(RPCError) in
            _ = try RetentionWork.begin(for: brand, at: now, in: transaction)
        }
    }
}
