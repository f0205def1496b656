import CoreMetrics
import JSONRPC
import NIOCore
import ServiceContract

/// What the gate counts. Labels come from the contract only: no invented name adds a series.
final class GateMetrics: Sendable {
    /// By number of the method.
    private let requests: [Counter]
    private let refusals: [Int: Counter]
    private let otherRefusals: Counter
    private let latency: CoreMetrics.Timer

    init(_ methods: [MethodDescription], errorCodes: [Int]) {
        requests = methods.map { Counter(label: "gyre_requests_total", dimensions: [("method", $0.name)]) }
        refusals = Dictionary(
            uniqueKeysWithValues: Set(errorCodes).map {
                ($0, Counter(label: "gyre_refusals_total", dimensions: [("code", String($0))]))
            })
        otherRefusals = Counter(label: "gyre_refusals_total", dimensions: [("code", "other")])
        latency = CoreMetrics.Timer(label: "gyre_forwarded_seconds")
    }

    func admitted(_ route: Routes.Route) {
        requests[route.number].increment()
    }

    func refused(_ error: RPCError) {
        (refusals[error.code] ?? otherRefusals).increment()
    }

    func answered(after time: TimeAmount) {
        latency.recordNanoseconds(time.nanoseconds)
    }
}
