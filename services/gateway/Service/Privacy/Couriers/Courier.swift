import JSON
import JSONRPC
import Logging
import OutboundHTTP
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Carries letters to servers of others: each at least once, signed.
///
/// What is to be told stands in the database since the transaction that made it so. So nothing is lost when the process
/// dies, and what was taken in the moment of its death is told again. A status from 200 to 299 means taken; whatever
/// else, ``CourierPatience`` decides.
final class Courier<Mail: OutgoingMail>: Service {
    /// Letters that are under way at the same time.
    private static var maximumAtOnce: Int { 16 }
    private static var tickMilliseconds: Int64 { 500 }
    /// How long to wait when nothing can be written down: what was told would be told again and again.
    private static var pauseMilliseconds: Int64 { 30_000 }
    /// Ticks between two counts while nothing is due: what people do changes them, too.
    private static var ticksPerCount: Int { 20 }

    private let mail: Mail
    private let runtime: ServiceRuntime
    private let identity: ProcessorIdentity
    private let client: OutboundHTTPClient
    private let logger: Logger

    init(of mail: Mail, runtime: ServiceRuntime, identity: ProcessorIdentity, client: OutboundHTTPClient) {
        self.mail = mail
        self.runtime = runtime
        self.identity = identity
        self.client = client
        logger = Logger(label: "\(mail.name)s")
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var ticks = 0
            while !Task.isCancelled {
                var pause = Self.tickMilliseconds
                do throws(RPCError) {
                    // What follows one that was taken may be due now.
                    while try await self.tellWhatIsDue() > 0, !Task.isCancelled {}
                    if ticks % Self.ticksPerCount == 0 { try await self.count() }
                } catch {
                    self.logger.warning("letters wait", metadata: ["cause": "\(error.cause ?? error.message)"])
                    pause = Self.pauseMilliseconds
                }
                ticks += 1
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
        try await mail.tidy(at: now, runtime)
        let due = try await runtime.read(runtime.databases.serviceFile) { [mail] transaction throws(RPCError) in
            try mail.due(at: now, limit: Int64(Self.maximumAtOnce), in: transaction)
        }
        guard !due.isEmpty else { return 0 }
        let failure = await withTaskGroup(of: RPCError?.self) { group in
            for letter in due {
                group.addTask {
                    do throws(RPCError) {
                        try await self.tell(letter)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        try await count()
        return due.count
    }

    private func count() async throws(RPCError) {
        try await runtime.read(runtime.databases.serviceFile) { [mail] transaction throws(RPCError) in
            try mail.count(in: transaction)
        }
    }

    private func tell(_ letter: Mail.Letter) async throws(RPCError) {
        let problem = await problem(of: letter)
        let now = runtime.clock.now()
        let next = CourierPatience.next(after: letter.attempts + 1, first: letter.firstAttemptAt ?? now, now: now)
        mail.settling.before(runtime.name)
        try await runtime.write(runtime.databases.serviceFile) { [mail] transaction throws(RPCError) in
            if let problem {
                try mail.failed(letter, problem, at: now, next: next, in: transaction)
            } else {
                try mail.delivered(letter, at: now, in: transaction)
            }
        }
        mail.settling.after(runtime.name)
        if problem != nil, next == nil {
            logger.error("a \(mail.name) was given up", metadata: ["request": "\(letter.request)"])
        }
    }

    /// Tells it once; why it was not taken, if it was not.
    private func problem(of letter: Mail.Letter) async -> String? {
        do {
            let (url, body) = try await mail.content(of: letter, runtime)
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
