import CoreMetrics
import GatewayAPI
import JSON
import JSONRPC
import Logging
import OutboundHTTP
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Tells the changes of privacy requests to who asked for it: each at least once, those of one request in their order.
///
/// What is to be told stands in the database since the transaction that made the change; see ``CallbackStore``. So
/// nothing is lost when the process dies, and what was answered in the moment of its death is told again. A status from
/// 200 to 299 means taken; whatever else, ``CallbackPatience`` decides.
final class CallbackCourier: Service {
    /// Callbacks that are under way at the same time.
    static let maximumAtOnce = 16
    private static let tickMilliseconds: Int64 = 500
    /// How long to wait when nothing can be written down: what was told would be told again and again.
    private static let pauseMilliseconds: Int64 = 30_000

    private let runtime: ServiceRuntime
    private let identity: ProcessorIdentity
    private let client: OutboundHTTPClient
    private let callbacks = CallbackStore()
    private let requests = PrivacyRequestStore()
    private let references = PrivacyReferenceStore()
    private let logger = Logger(label: "callbacks")
    private let waitingGauge = Gauge(label: "gyre.privacy_callbacks.waiting")
    private let failingGauge = Gauge(label: "gyre.privacy_callbacks.failing")
    private let givenUpGauge = Gauge(label: "gyre.privacy_callbacks.given_up")

    init(runtime: ServiceRuntime, identity: ProcessorIdentity, client: OutboundHTTPClient) {
        self.runtime = runtime
        self.identity = identity
        self.client = client
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = Self.tickMilliseconds
                do throws(RPCError) {
                    // What follows one that was taken may be due now.
                    while try await self.tellWhatIsDue() > 0, !Task.isCancelled {}
                } catch {
                    self.logger.warning("callbacks wait", metadata: ["cause": "\(error.cause ?? error.message)"])
                    pause = Self.pauseMilliseconds
                }
                try await Task.sleep(for: .milliseconds(pause))
            }
        }
    }

    /// Tells what is due now, side by side.
    ///
    /// - Returns: how many were tried.
    /// - Throws: why what came of one is not on disk; then it is told again.
    func tellWhatIsDue() async throws(RPCError) -> Int {
        let file = runtime.databases.serviceFile
        let now = runtime.clock.now()
        let forgotten = Timestamp(microseconds: now.microseconds - CallbackPatience.forgetSeconds * 1_000_000)
        let (due, mayForget) = try await runtime.read(file) { [callbacks] transaction throws(RPCError) in
            (
                try callbacks.due(at: now, limit: Int64(Self.maximumAtOnce), in: transaction),
                try callbacks.mayForget(until: forgotten, in: transaction)
            )
        }
        if mayForget {
            try await runtime.write(file) { [callbacks] transaction throws(RPCError) in
                try callbacks.forget(until: forgotten, in: transaction)
            }
        }
        guard !due.isEmpty else { return 0 }
        let failure = await withTaskGroup(of: RPCError?.self) { group in
            for callback in due {
                group.addTask {
                    do throws(RPCError) {
                        try await self.tell(callback)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        let counts = try await runtime.read(file) { [callbacks] transaction throws(RPCError) in
            try callbacks.counts(in: transaction)
        }
        waitingGauge.record(counts.waiting)
        failingGauge.record(counts.failing)
        givenUpGauge.record(counts.givenUp)
        return due.count
    }

    private func tell(_ callback: StoredCallback) async throws(RPCError) {
        let problem = await problem(of: callback)
        let now = runtime.clock.now()
        let next = CallbackPatience.next(
            after: callback.attempts + 1, first: callback.firstAttemptAt ?? now, now: now)
        Failpoint.told.before(runtime.name)
        try await runtime.write(runtime.databases.serviceFile) { [callbacks] transaction throws(RPCError) in
            if let problem {
                try callbacks.failed(callback, problem, at: now, next: next, in: transaction)
            } else {
                try callbacks.delivered(callback, at: now, in: transaction)
            }
        }
        Failpoint.told.after(runtime.name)
        if problem != nil, next == nil {
            logger.error("a callback was given up", metadata: ["request": "\(callback.request)"])
        }
    }

    /// Tells it once; why it was not taken, if it was not.
    private func problem(of callback: StoredCallback) async -> String? {
        do {
            let found = try await runtime.read(runtime.databases.serviceFile) {
                [requests, references] transaction throws(RPCError) in
                (
                    request: try requests.find(callback.request, in: transaction),
                    reference: try references.reference(of: callback.request, in: transaction)
                )
            }
            guard let request = found.request else { return "The request is gone." }
            let body = CallbackMessage.body(
                of: callback, request, reference: found.reference, from: identity)
            let url = try OutboundURL(callback.url)
            let headers = [(name: "Content-Type", value: "application/json")] + (try identity.headers(for: body))
            let status = try await client.post(body, to: url, headers: headers)
            return 200..<300 ~= status ? nil : "\(url.origin) answered with the status \(status)"
        } catch let error as RPCError {
            return error.message
        } catch {
            return "\(error)"
        }
    }
}
