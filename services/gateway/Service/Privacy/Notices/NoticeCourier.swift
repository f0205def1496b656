import CommonAPI
import CoreMetrics
import GatewayAPI
import JSON
import JSONRPC
import Logging
import OutboundHTTP
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Tells those to whom a person's data was given that it was erased, corrected or restricted: each at least once.
///
/// What is to be told is on disk before anything is done, and is told when the request is completed. A status from 200 to
/// 299 means taken; whatever else, ``CallbackPatience`` decides. One that is given up is left to people.
final class NoticeCourier: Service {
    /// Notices that are under way at the same time.
    static let maximumAtOnce = 16
    private static let tickMilliseconds: Int64 = 500
    /// How long to wait when nothing can be written down: what was told would be told again and again.
    private static let pauseMilliseconds: Int64 = 30_000

    private let runtime: ServiceRuntime
    private let identity: ProcessorIdentity
    private let client: OutboundHTTPClient
    private let seal: NoticeSeal
    private let notices = PrivacyNoticeStore()
    private let requests = PrivacyRequestStore()
    private let logger = Logger(label: "notices")
    private let waitingGauge = Gauge(label: "gyre.privacy_notices.waiting")
    private let byHandGauge = Gauge(label: "gyre.privacy_notices.by_hand")
    private let givenUpGauge = Gauge(label: "gyre.privacy_notices.given_up")

    init(runtime: ServiceRuntime, identity: ProcessorIdentity, client: OutboundHTTPClient, seal: NoticeSeal) {
        self.runtime = runtime
        self.identity = identity
        self.client = client
        self.seal = seal
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = Self.tickMilliseconds
                do throws(RPCError) {
                    while try await self.tellWhatIsDue() > 0, !Task.isCancelled {}
                } catch {
                    self.logger.warning("notices wait", metadata: ["cause": "\(error.cause ?? error.message)"])
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
        let now = runtime.clock.now()
        let (due, counts) = try await runtime.read(runtime.databases.serviceFile) {
            [notices] transaction throws(RPCError) in
            (
                try notices.due(at: now, limit: Int64(Self.maximumAtOnce), in: transaction),
                try notices.counts(in: transaction)
            )
        }
        waitingGauge.record(counts.waiting)
        byHandGauge.record(counts.byHand)
        givenUpGauge.record(counts.givenUp)
        guard !due.isEmpty else { return 0 }
        let failure = await withTaskGroup(of: RPCError?.self) { group in
            for notice in due {
                group.addTask {
                    do throws(RPCError) {
                        try await self.tell(notice)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        return due.count
    }

    private func tell(_ notice: StoredNotice) async throws(RPCError) {
        let problem = await problem(of: notice)
        let now = runtime.clock.now()
        let next = CallbackPatience.next(after: notice.attempts + 1, first: notice.firstAttemptAt ?? now, now: now)
        Failpoint.noticed.before(runtime.name)
        try await runtime.write(runtime.databases.serviceFile) { [notices] transaction throws(RPCError) in
            if let problem {
                try notices.failed(notice, problem, at: now, next: next, in: transaction)
            } else {
                try notices.delivered(notice, at: now, in: transaction)
            }
        }
        Failpoint.noticed.after(runtime.name)
        if problem != nil, next == nil {
            logger.error("a notice was given up", metadata: ["request": "\(notice.request)"])
        }
    }

    /// Tells it once; why it was not taken, if it was not.
    private func problem(of notice: StoredNotice) async -> String? {
        do {
            let request = try await runtime.read(runtime.databases.serviceFile) {
                [requests] transaction throws(RPCError) in
                try requests.find(notice.request, in: transaction)
            }
            guard let request else { return "The request is gone." }
            let recipient = try seal.open(notice.about, of: notice.request)
            let url = try OutboundURL(recipient.noticeUrl ?? "")
            let body = NoticeMessage.body(notice.number, of: request, to: recipient)
            let headers = [(name: "Content-Type", value: "application/json")] + (try identity.headers(for: body))
            let status = try await client.post(body, to: url, headers: headers)
            return 200..<300 ~= status ? nil : "\(url.origin) answered with the status \(status)"
        } catch let error as RPCError {
            return error.cause ?? error.message
        } catch {
            return "\(error)"
        }
    }
}
