import CivilTime
import CommonAPI
import CoreMetrics
import GatewayAPI
import JSON
import JSONRPC
import Logging
import OpenSSL
import PlatformAPI
import ServiceContract
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Carries privacy requests through all services, however long one of them is down.
///
/// What differs by kind is in its ``PrivacyWork``. Every step can be repeated: a service that erased already finds
/// nothing more. What a service knows of the subject beside what it was given is written down and taken to all others,
/// until nobody knows anything new. A request that is processing is never given up; it ends with a signed certificate.
final class PrivacySaga: Service {
    /// How long to wait before a service that did not answer is asked again.
    private static let retrySeconds = 1
    /// How often deadlines are looked at when nothing else happens.
    private static let lookSeconds = 60
    /// How long before its deadline a request counts as near it.
    static let nearMicroseconds: Int64 = 3 * 24 * 3_600 * 1_000_000
    private static let stepDeadlineMilliseconds: Int64 = 60_000
    /// Requests of one brand that share a search.
    static let finishedAtOnce = 64

    private let runtime: ServiceRuntime
    private let dial: @Sendable (String) -> any JSONRPCClient
    private let services: [String]
    private let deadlines: PrivacyDeadlines
    private let completion: CompletionProof
    /// The kinds that are carried out.
    let works: [PrivacyKind: any PrivacyWork]
    private let certificate: PrivacyCertificate
    private let requests = PrivacyRequestStore()
    private let notices = PrivacyNoticeStore()
    private let seal: NoticeSeal
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "privacy")
    private let openGauge = Gauge(label: "gyre.privacy_requests.open")
    private let nearGauge = Gauge(label: "gyre.privacy_requests.near_deadline")
    private let lateGauge = Gauge(label: "gyre.privacy_requests.late")
    /// Whether a request may have ended, whose identifiers still stand in the file's free space and log.
    private let mayHaveTraces = Atomic(true)

    /// - Parameters:
    ///   - services: all that may hold something of a data subject.
    ///   - works: what carries each kind out; one without is refused.
    init(
        runtime: ServiceRuntime, services: [String], works: [PrivacyKind: any PrivacyWork],
        certificate: PrivacyCertificate, seal: NoticeSeal,
        dial: @escaping @Sendable (String) -> any JSONRPCClient
    ) {
        self.runtime = runtime
        self.services = services
        self.works = works
        self.certificate = certificate
        self.seal = seal
        self.dial = dial
        deadlines = PrivacyDeadlines(tenancy: dial("tenancy"))
        completion = CompletionProof(tenancy: dial("tenancy"))
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that a request came or changed. One whose transaction is still open is found by the next look.
    func wake() {
        mayHaveTraces.store(true, ordering: .releasing)
        wakeUp.yield()
    }

    func run() async throws {
        wake()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(Self.lookSeconds))) != nil { self.wakeUp.yield() }
                }
                for await _ in wakes { await carryOn() }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.wakeUp.finish()
        }
    }

    /// Carries every request as far as it goes now. What waits for one service holds no other request up.
    func carryOn() async {
        let file = runtime.databases.serviceFile
        var waiting: RPCError?
        do {
            // The commit that holds a new request may still be on its way to the disk.
            try await runtime.write(file) { _ throws(RPCError) in () }
            let open = try await runtime.read(file) { [requests] transaction throws(RPCError) in
                try requests.open(in: transaction)
            }
            var done: [StoredPrivacyRequest] = []
            for request in open { waiting = await problem(of: request, &done) ?? waiting }
            for (_, requests) in Dictionary(grouping: done, by: \.brand).sorted(by: { $0.key < $1.key }) {
                do throws(RPCError) { try await finish(requests) } catch { waiting = error }
            }
            // A crash may have come between the end of one and its certificate.
            let uncertified = try await runtime.read(file) { [requests] transaction throws(RPCError) in
                try requests.uncertified(in: transaction)
            }
            for request in uncertified {
                do throws(RPCError) { try await certify(request) } catch { waiting = error }
            }
            let left = try await runtime.read(file) { [requests] transaction throws(RPCError) in
                try requests.open(in: transaction)
            }
            tell(of: left)
            for work in works.values { try await work.tend() }
            if mayHaveTraces.exchange(false, ordering: .acquiring) { try await runtime.checkpoint(file) }
        } catch {
            waiting = error
        }
        guard let waiting else { return }
        // That the audit log's next head is not signed yet is no reason to worry.
        logger.log(
            level: waiting.code == RPCError.Code.notFound ? .debug : .warning, "a privacy request waits",
            metadata: ["cause": "\(waiting.cause ?? waiting.message)"])
        try? await Task.sleep(for: .seconds(Self.retrySeconds))
        wakeUp.yield()
    }

    /// Carries one request as far as it goes now; what it waits for, if it waits.
    ///
    /// - Parameter done: gets it when every service has done its part.
    private func problem(
        of request: StoredPrivacyRequest, _ done: inout [StoredPrivacyRequest]
    ) async -> RPCError? {
        var waiting: RPCError?
        if request.dueAt == nil {
            do throws(RPCError) { try await schedule(request) } catch { waiting = error }
        }
        do throws(RPCError) {
            switch request.status {
            case .received: try await expireIfDue(request)
            case .verified, .processing: if let request = try await carryOut(request) { done.append(request) }
            case .completed, .denied, .cancelled, .expired: break
            }
        } catch {
            waiting = error
        }
        return waiting
    }

    /// Changes a request that is still as it was seen; another that was changed meanwhile is left to the next look.
    private func update(
        _ id: UUIDv7,
        _ change: @escaping @Sendable (inout StoredPrivacyRequest) throws(RPCError) -> Void
    ) async throws(RPCError) -> StoredPrivacyRequest? {
        try await runtime.write(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            guard var request = try requests.find(id, in: transaction), request.isOpen else { return nil }
            try change(&request)
            try requests.update(request, in: transaction)
            return request
        }
    }

    // MARK: Time

    private func schedule(_ request: StoredPrivacyRequest) async throws(RPCError) {
        let submittedAt = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try PrivacyReferenceStore().submittedAt(request.id, in: transaction)
        }
        let (zone, deadline) = try await deadlines.deadline(of: request, submittedAt: submittedAt)
        Failpoint.scheduled.before(runtime.name)
        _ = try await update(request.id) { request in
            request.timeZone = zone
            request.acknowledgeBy = deadline.acknowledgeBy
            request.dueAt = deadline.dueAt
            request.extendedDueAt = deadline.extendedDueAt
        }
        Failpoint.scheduled.after(runtime.name)
    }

    private func expireIfDue(_ request: StoredPrivacyRequest) async throws(RPCError) {
        let now = runtime.clock.now()
        let waited = now.microseconds - request.receivedAt.microseconds
        guard waited >= Int64(VerificationCode.validDays) * 24 * 3_600 * 1_000_000 else { return }
        _ = try await update(request.id) { request in
            if request.status == .received { request.end(as: .expired, at: now) }
        }
        mayHaveTraces.store(true, ordering: .releasing)
    }

    /// Metrics, and a warning for those that are late.
    private func tell(of open: [StoredPrivacyRequest]) {
        let now = runtime.clock.now().microseconds
        let dues = open.compactMap(\.answerBy).map { $0.microseconds - now }
        let late = dues.count { $0 <= 0 }
        openGauge.record(open.count)
        nearGauge.record(dues.count { $0 > 0 && $0 <= Self.nearMicroseconds })
        lateGauge.record(late)
        if late > 0 { logger.error("privacy requests are past their deadline", metadata: ["count": "\(late)"]) }
    }

    // MARK: The work

    /// - Returns: the request as it is when every service has done its part; nil when there is nothing to do.
    private func carryOut(_ request: StoredPrivacyRequest) async throws(RPCError) -> StoredPrivacyRequest? {
        guard let work = works[request.kind] else {
            throw .internalError("Nothing carries out \(request.kind.rawValue): the request \(request.id) waits.")
        }
        if work.needsApproval && request.approvedAt == nil { return nil }
        if request.status == .verified, try await isOfSeveral(request) {
            try await denyForSeveral(request)
            return nil
        }
        let file = runtime.databases.serviceFile
        if request.status == .verified { Failpoint.begun.before(runtime.name) }
        let begun = try await update(request.id) { request throws(RPCError) in
            if request.status == .verified { request.status = .processing }
        }
        if request.status == .verified { Failpoint.begun.after(runtime.name) }
        // Taken back at the last moment.
        guard var request = begun, request.status == .processing else { return nil }
        while true {
            let finished = try await runtime.read(file) { [requests, request] transaction throws(RPCError) in
                try requests.finished(request, in: transaction)
            }
            guard let service = services.first(where: { !finished.contains($0) }) else { break }
            guard let asked = try await mark(request) else { return nil }
            request = try await ask(service, asked, work)
            // Not given up: released holds wake this, and every look asks again.
            if !request.heldBy.isEmpty { return nil }
        }
        try await work.conclude(request)
        return request
    }

    /// Whether nobody has what names the person as an identifier, and several people have it as a trait. The first service
    /// knows that.
    private func isOfSeveral(_ request: StoredPrivacyRequest) async throws(RPCError) -> Bool {
        guard let service = services.first else { return false }
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let params = Subjects.Recognize.Params(identifiers: request.identifiers)
        return try await Subjects.Client(dial(service)).recognize(params, for: call).people > 1
    }

    /// Nobody is guessed, and nothing was done yet: it ends with that as its reason.
    private func denyForSeveral(_ request: StoredPrivacyRequest) async throws(RPCError) {
        let now = runtime.clock.now()
        Failpoint.ended.before(runtime.name)
        _ = try await update(request.id) { request in
            if request.status == .verified { request.end(as: .denied, .severalPeople, at: now) }
        }
        Failpoint.ended.after(runtime.name)
        mayHaveTraces.store(true, ordering: .releasing)
        logger.info("a privacy request means several people, and is denied", metadata: ["request": "\(request.id)"])
    }

    /// Writes down that a service may delete something for an erasure from now on, unless that is known: from this moment
    /// to the answer nobody can deny it.
    ///
    /// - Returns: the request as it is; nil when it was denied meanwhile.
    private func mark(_ request: StoredPrivacyRequest) async throws(RPCError) -> StoredPrivacyRequest? {
        guard request.kind == .erasure, request.deletion == .none else { return request }
        Failpoint.marked.before(runtime.name)
        let marked = try await update(request.id) { $0.deletion = .asked }
        Failpoint.marked.after(runtime.name)
        return marked
    }

    private func ask(
        _ service: String, _ request: StoredPrivacyRequest, _ work: any PrivacyWork
    ) async throws(RPCError) -> StoredPrivacyRequest {
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let answer = try await work.ask(service, for: request, through: dial(service), call: call)
        let part = ServicePart(service: service, rows: answer.rows)
        Failpoint.noted.before(runtime.name)
        let known = request.known
        let changed = try await runtime.write(runtime.databases.serviceFile) {
            [requests, notices, seal] transaction throws(RPCError) in
            // As it is now: its time may have been extended while the service was at work.
            guard var request = try requests.find(request.id, in: transaction) else {
                throw .notFound("privacy request", request.id)
            }
            for identifier in answer.identifiers where !request.identifiers.contains(identifier) {
                request.identifiers.append(identifier)
            }
            for actor in answer.actors where !request.actors.contains(actor) { request.actors.append(actor) }
            for recipient in answer.recipients {
                try notices.add(
                    recipient, about: try seal.close(recipient, of: request.id), of: request.id, in: transaction)
                request.recipientsThrough = max(request.recipientsThrough, recipient.through)
            }
            request.heldBy = answer.heldBy
            if request.deletion == .asked { request.deletion = answer.hasErased ? .begun : .none }
            guard answer.heldBy.isEmpty else {
                try requests.update(request, in: transaction)
                return request
            }
            request.note(answer.outcomes)
            // What it was given: a service that added something is asked again.
            try requests.note(service, known: known, part, of: request.id, in: transaction)
            try requests.update(request, in: transaction)
            return request
        }
        Failpoint.noted.after(runtime.name)
        return changed
    }

    // MARK: The end

    /// Ends requests of one brand whose services have all done their part. Their files are searched for all of them
    /// together.
    private func finish(_ requests: [StoredPrivacyRequest]) async throws(RPCError) {
        for start in stride(from: 0, to: requests.count, by: Self.finishedAtOnce) {
            let some = Array(requests[start..<min(start + Self.finishedAtOnce, requests.count)])
            let searched = some.filter { works[$0.kind]?.isSearched == true }
            if !searched.isEmpty {
                for service in services where service != runtime.name { try await search(service, for: searched) }
            }
            var ended: [StoredPrivacyRequest] = []
            for request in some {
                if let request = try await complete(request) { ended.append(request) }
            }
            if !searched.isEmpty { try await searchOwnFile(for: searched) }
            for request in ended { try await certify(request) }
        }
    }

    private func search(_ service: String, for requests: [StoredPrivacyRequest]) async throws(RPCError) {
        let call = CallContext(
            brand: requests[0].brand, principal: "service:gateway",
            deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let params = Subjects.Search.Params(
            requests: requests.map {
                Subjects.Search.Params.Search(request: $0.id, identifiers: $0.identifiers)
            })
        let reply = try await Subjects.Client(dial(service)).search(params, for: call)
        Failpoint.searched.before(runtime.name)
        try await note(service, reply.scannedBytes, reply.findings.map { ($0.request, $0.scanHits) })
        Failpoint.searched.after(runtime.name)
    }

    /// Here the requests themselves named the people until now.
    private func searchOwnFile(for requests: [StoredPrivacyRequest]) async throws(RPCError) {
        let found = try await runtime.checkpoint(
            runtime.databases.serviceFile, searchingForEach: requests.map(\.identifiers))
        Failpoint.reviewed.before(runtime.name)
        try await note(runtime.name, found.bytes, Array(zip(requests.map(\.id), found.hits)))
        Failpoint.reviewed.after(runtime.name)
    }

    private func note(
        _ service: String, _ bytes: Int, _ findings: [(request: UUIDv7, hits: Int)]
    ) async throws(RPCError) {
        try await runtime.write(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            for finding in findings {
                try requests.noteSearch(
                    of: service, bytes: bytes, hits: finding.hits, for: finding.request, in: transaction)
            }
        }
        for finding in findings where finding.hits > 0 {
            logger.warning(
                "identifiers of an erased person are left in what is said of others",
                metadata: ["request": "\(finding.request)", "of": "\(service)", "places": "\(finding.hits)"])
        }
    }

    /// Closes the request and forgets whose it was.
    private func complete(_ request: StoredPrivacyRequest) async throws(RPCError) -> StoredPrivacyRequest? {
        let now = runtime.clock.now()
        Failpoint.ended.before(runtime.name)
        let ended = try await runtime.write(runtime.databases.serviceFile) {
            [requests, completion, name = runtime.name] transaction throws(RPCError) -> StoredPrivacyRequest? in
            guard var request = try requests.find(request.id, in: transaction), request.isOpen else { return nil }
            request.end(as: .completed, at: now)
            try requests.update(request, in: transaction)
            try completion.record(request, by: name, at: now, in: transaction)
            return request
        }
        Failpoint.ended.after(runtime.name)
        if ended != nil { logger.info("a privacy request is completed", metadata: ["request": "\(request.id)"]) }
        return ended
    }

    private func certify(_ request: StoredPrivacyRequest) async throws(RPCError) {
        let proof = try await completion.proof(of: request, runtime)
        let kept = try await kept(after: request)
        Failpoint.certified.before(runtime.name)
        let work = works[request.kind]
        try await runtime.write(runtime.databases.serviceFile) {
            [requests, certificate] transaction throws(RPCError) in
            let services = try requests.services(of: request.id, in: transaction)
            let evidence = try work?.evidence(of: request, in: transaction)
            let payload = PrivacyCertificate.payload(of: request, services, evidence, kept: kept, proof)
            let signature: [UInt8]
            do {
                signature = try certificate.signature(of: payload)
            } catch {
                throw .internalError("The certificate of \(request.id) cannot be signed: \(error)")
            }
            try requests.keep((payload, certificate.publicKey, signature), of: request.id, in: transaction)
        }
        Failpoint.certified.after(runtime.name)
    }

    /// What each service keeps in spite of a request, as its data map says.
    private func kept(
        after request: StoredPrivacyRequest
    ) async throws(RPCError) -> [(service: String, tables: [StayingTable])] {
        guard let kind = DataMaps.Staying.Params.After(rawValue: request.kind.rawValue) else {
            throw .internalError("Data maps have no rules for \(request.kind.rawValue).")
        }
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        var kept: [(service: String, tables: [StayingTable])] = []
        for service in services {
            let reply = try await DataMaps.Client(dial(service)).staying(
                DataMaps.Staying.Params(after: kind), for: call)
            kept.append((service, reply.items))
        }
        return kept
    }
}
