import ExperimentsAPI
import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Moves the shares of experiments whose period is over, each in a transaction of its own.
struct ShareSchedule: Service {
    private static let lookSeconds = 60

    let runtime: ServiceRuntime
    private let experiments = ExperimentStore()
    private let rules = ShareRuleStore()
    private let moving = ShareMoving()

    init(runtime: ServiceRuntime) {
        self.runtime = runtime
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try await Task.sleep(for: .seconds(Self.lookSeconds))
            }
        }
    }

    /// Looks at all brands. What goes wrong with one experiment keeps no other one waiting.
    func look() async {
        for brand in runtime.databases.all {
            guard let file = runtime.databases.file(of: brand) else { continue }
            let now = runtime.clock.now()
            var due: [Int64] = []
            await told(brand) { () async throws(RPCError) in
                due = try await runtime.read(file) { [rules] transaction throws(RPCError) in
                    try rules.due(at: now, in: transaction)
                }
            }
            for experiment in due {
                await told(brand) { () async throws(RPCError) in
                    try await runtime.write(file) { transaction throws(RPCError) in
                        try move(experiment, at: now, in: transaction)
                    }
                }
            }
        }
    }

    /// Logs what goes wrong.
    private func told(_ brand: UUIDv7, _ body: () async throws(RPCError) -> Void) async {
        do throws(RPCError) {
            try await body()
        } catch {
            Logger(label: "shares").error(
                "shares wait; the next minute tries again",
                metadata: ["brand": "\(brand)", "cause": "\(error.cause ?? error.message)"])
        }
    }

    /// Where there is not enough data nothing moves, until the next period.
    private func move(
        _ number: Int64, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        // It may have been moved or ended since it was read.
        guard try rules.due(at: now, in: transaction).contains(number),
            let experiment = try experiments.find(number: number, in: transaction),
            let rule = try rules.find(number, in: transaction)
        else { return }
        try rules.look(number, at: now, in: transaction)
        guard case .success(let arms) = try moving.weights(of: experiment, by: rule, at: now, in: transaction) else {
            return
        }
        _ = try moving.move(experiment, to: arms, by: .period, at: now, in: transaction)
    }
}
