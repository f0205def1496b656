import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Signs a head of the audit log each second in which entries came.
struct HeadSchedule: Service {
    private static let intervalMilliseconds = 1_000

    let log: VerifiableLog
    let runtime: ServiceRuntime

    func run() async throws {
        // The first round is for what came before the last process ended.
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await signHead()
                try await Task.sleep(for: .milliseconds(Self.intervalMilliseconds))
            }
        }
    }

    /// Signs a head when entries came since the newest one.
    func signHead() async {
        let file = runtime.databases.serviceFile
        do throws(RPCError) {
            let hasGrown = try await runtime.read(file) { [log] transaction throws(RPCError) in
                try log.hasGrown(in: transaction)
            }
            guard hasGrown else { return }
            let now = runtime.clock.now()
            try await runtime.write(file) { [log] transaction throws(RPCError) in
                try log.signHead(at: now, in: transaction)
            }
        } catch {
            Logger(label: "audit").error(
                "no head of the audit log was signed; the next second tries again",
                metadata: ["code": "\(error.code)", "cause": "\(error.cause ?? error.message)"])
        }
    }
}
