import CoreMetrics
import JSON
import JSONRPC
import OutboundHTTP
import ServiceContract
import ServiceKit

/// The changes of privacy requests, for who asked to be told: those of one request in their order.
struct CallbackMail: OutgoingMail {
    let name = "callback"
    let settling = Failpoint.told
    /// In whose name they are told.
    let identity: ProcessorIdentity
    private let callbacks = CallbackStore()
    private let requests = PrivacyRequestStore()
    private let references = PrivacyReferenceStore()
    private let waitingGauge = Gauge(label: "gyre.privacy_callbacks.waiting")
    private let failingGauge = Gauge(label: "gyre.privacy_callbacks.failing")
    private let givenUpGauge = Gauge(label: "gyre.privacy_callbacks.given_up")

    init(from identity: ProcessorIdentity) {
        self.identity = identity
    }

    func due(
        at now: Timestamp, limit: Int64, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> [StoredCallback] {
        try callbacks.due(at: now, limit: limit, in: transaction)
    }

    func content(
        of callback: StoredCallback, _ runtime: ServiceRuntime
    ) async throws -> (url: OutboundURL, body: [UInt8]) {
        let found = try await runtime.read(runtime.databases.serviceFile) {
            [requests, references] transaction throws(RPCError) in
            (
                request: try requests.find(callback.request, in: transaction),
                reference: try references.reference(of: callback.request, in: transaction)
            )
        }
        guard let request = found.request else { throw RPCError.notFound("request", callback.request) }
        let body = CallbackMessage.body(of: callback, request, reference: found.reference, from: identity)
        return (try OutboundURL(callback.url), body)
    }

    func delivered(
        _ callback: StoredCallback, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try callbacks.delivered(callback, at: now, in: transaction)
    }

    func failed(
        _ callback: StoredCallback, _ problem: String, at now: Timestamp, next: Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try callbacks.failed(callback, problem, at: now, next: next, in: transaction)
    }

    func count(in transaction: borrowing ReadTransaction) throws(RPCError) {
        let counts = try callbacks.counts(in: transaction)
        waitingGauge.record(counts.waiting)
        failingGauge.record(counts.failing)
        givenUpGauge.record(counts.givenUp)
    }

    /// Where to tell what was given up long ago.
    func tidy(at now: Timestamp, _ runtime: ServiceRuntime) async throws(RPCError) {
        let file = runtime.databases.serviceFile
        let forgotten = Timestamp(microseconds: now.microseconds - CourierPatience.forgetSeconds * 1_000_000)
        let mayForget = try await runtime.read(file) { [callbacks] transaction throws(RPCError) in
            try callbacks.mayForget(until: forgotten, in: transaction)
        }
        guard mayForget else { return }
        try await runtime.write(file) { [callbacks] transaction throws(RPCError) in
            try callbacks.forget(until: forgotten, in: transaction)
        }
    }
}

extension StoredCallback: OutgoingLetter {}
