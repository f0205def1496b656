import CoreMetrics
import JSONRPC
import NIOCore
import ServiceContract

/// What the gate counts. Labels come from the contract only: no invented name adds a series.
final class GateMetrics: Sendable {
    /// What all metrics of the gateway count.
    static let helps = [
        "gyre_requests_total": "Calls that were admitted, by method.",
        "gyre_refusals_total": "Calls that were refused at the gate, by the code of the error.",
        "gyre_forwarded_seconds": "How long services took to answer.",
        "gyre.privacy_requests.open": "Privacy requests that have not ended.",
        "gyre.privacy_requests.near_deadline": "Open privacy requests that have to be answered within three days.",
        "gyre.privacy_requests.late": "Open privacy requests whose deadline has passed.",
        "gyre.privacy_callbacks.waiting": "Callbacks about privacy requests that are to be sent.",
        "gyre.privacy_callbacks.failing": "Callbacks that failed and will be tried again.",
        "gyre.privacy_callbacks.given_up": "Callbacks that nobody took, and that are not tried any more.",
        "gyre.privacy_notices.waiting": "Notices to recipients of people's data that are to be sent.",
        "gyre.privacy_notices.by_hand": "Notices to recipients that staff have to send themselves.",
        "gyre.privacy_notices.given_up": "Notices that nobody took, and that staff have to send themselves.",
        "gyre_tls_certificate_expires_seconds": "When the certificate that is served ends, since 1970 UTC.",
    ]

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
