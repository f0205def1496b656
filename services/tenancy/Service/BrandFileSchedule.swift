import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Has services that came after a brand make their database of it, once, when tenancy starts.
struct BrandFileSchedule: Service {
    private static let retryMilliseconds = 1_000

    let brands: BrandsService

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var waiting = brands.siblings
            while !waiting.isEmpty {
                var left: [BrandsService.Sibling] = []
                for sibling in waiting where await !complete(sibling) { left.append(sibling) }
                waiting = left
                if !waiting.isEmpty { try await Task.sleep(for: .milliseconds(Self.retryMilliseconds)) }
            }
            // A service that ends takes the process along.
            try await gracefulShutdown()
        }
    }

    /// - Returns: whether the service has all its databases; one that does not answer is asked again.
    private func complete(_ sibling: BrandsService.Sibling) async -> Bool {
        do throws(RPCError) {
            try await brands.completeFiles(of: sibling)
            return true
        } catch {
            if !error.isRetryable {
                Logger(label: "brands").error(
                    "a service lacks databases of brands; the next second tries again",
                    metadata: ["service": "\(sibling.name)", "cause": "\(error.cause ?? error.message)"])
            }
            return false
        }
    }
}
