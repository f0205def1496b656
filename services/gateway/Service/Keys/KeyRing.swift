import JSON
import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceContract
import ServiceKit
import Synchronization
import TenancyAPI

/// What the gateway knows of API keys, each on a lease of two seconds from tenancy, which alone proves them.
///
/// Confined to the event loop, save for ``invalidate(before:)``. A key is asked for again well before its lease ends, so
/// that a busy key never waits; without an answer it ends with its lease.
final class KeyRing {
    /// How long a proof is good for. Revocation waits this long for a gateway that does not acknowledge it.
    static let lease = TimeAmount.seconds(2)
    private static let renewAfter = TimeAmount.seconds(1)
    /// Keys remembered, good and bad.
    static let maximumKeys = 10_000
    /// What a user who is signed in may spend.
    static let sessionLimit = RateLimit(ratePerSecond: 100, burst: 1_000)
    /// Requests that wait for one key's proof: after any change to keys all that are on their way do.
    static let maximumWaiting = 4_096
    /// Requests that wait for proofs, of all keys.
    static let maximumWaitingOfAll = 16_384
    /// Bytes of their parameters.
    static let maximumWaitingBytes = 16 << 20

    /// What a request may do, and the context it travels with.
    final class Grant {
        /// The key or session that was proved.
        let id: UUIDv7
        /// The key; nil for a session.
        let keyID: UUIDv7?
        let brand: UUIDv7
        let principal: String
        let scopes: [String]
        let allowance: Allowance
        let expiresAt: Timestamp?
        let context: CallContext
        /// The `context` of a request without deadline, trace or idempotency key: most of them.
        let plainContext: [UInt8]
        /// `,"brand":"…","principal":"…"`, for the access log.
        let accessMembers: [UInt8]
        /// What was found out of ``admits(_:)``, by number of the method.
        private var admissions: [Int: Bool] = [:]

        /// - Parameter industry: of the key's brand.
        init(_ key: Key, industry: Industry?, _ limits: LimitsConfiguration) {
            id = key.id
            keyID = key.id
            brand = key.brandId
            principal = "key:\(key.id)"
            scopes = key.scopes
            allowance = Allowance(of: key, limits)
            expiresAt = key.expiresAt
            context = CallContext(
                brand: brand, principal: principal, scopes: scopes,
                industries: key.allowedIndustries.isEmpty ? nil : key.allowedIndustries.map(\.rawValue),
                segments: Self.segments(key, industry))
            plainContext = context.json()
            accessMembers = context.accessMembers
        }

        init(_ session: SessionRecord, scopes: [String], _ limits: LimitsConfiguration) {
            id = session.id
            keyID = nil
            brand = session.brandId
            principal = "user:\(session.userId)"
            self.scopes = scopes
            // One for each user, however many sessions they have.
            allowance = Allowance(bucket: session.userId, brand: session.brandId, KeyRing.sessionLimit, limits)
            expiresAt = session.expiresAt
            context = CallContext(brand: brand, principal: principal, scopes: scopes)
            plainContext = context.json()
            accessMembers = context.accessMembers
        }

        /// Whether the scopes open a method.
        func admits(_ route: Routes.Route) -> Bool {
            if let known = admissions[route.number] { return known }
            let admits = route.method.admits(principal: principal, scopes: scopes)
            admissions[route.number] = admits
            return admits
        }

        /// The segments that a key reaches; nil: everybody. A key for other industries than its brand's reaches nobody.
        private static func segments(_ key: Key, _ industry: Industry?) -> [String]? {
            let industries = key.allowedIndustries
            guard industries.isEmpty || industry.map({ industries.contains($0) }) == true else { return [] }
            return key.allowedSegments.isEmpty ? nil : key.allowedSegments
        }
    }

    enum Answer {
        case granted(Grant)
        case refused(RPCError)
        /// Tenancy has to be asked, or is being asked already: see ``whenProved(_:bytes:_:)``.
        case unproved(isAsked: Bool)
    }

    private struct Proof {
        let outcome: Result<Grant, RPCError>
        let epoch: Int64
        let provedAt: NIODeadline
        var isRenewing = false
    }

    private struct Waiting {
        let bytes: Int
        let retry: () -> Void
    }

    private let tenancy: UnixSocketClient
    private let clock: Clock
    private let limits: LimitsConfiguration
    private var proofs: [String: Proof] = [:]
    private var waiting: [String: [Waiting]] = [:]
    private var waitingCalls = 0
    private var waitingBytes = 0
    private let validEpoch: ValidEpoch

    init(tenancy: UnixSocketClient, clock: Clock, validEpoch: ValidEpoch, limits: LimitsConfiguration) {
        self.tenancy = tenancy
        self.clock = clock
        self.limits = limits
        self.validEpoch = validEpoch
    }

    /// Looks a key up.
    func find(_ text: String) -> Answer {
        let now = NIODeadline.now()
        if let proof = proofs[text], holds(proof, at: now) {
            if !proof.isRenewing && now - proof.provedAt > Self.renewAfter {
                proofs[text]?.isRenewing = true
                ask(text)
            }
            switch proof.outcome {
            case .failure(let error): return .refused(error)
            case .success(let grant):
                if let end = grant.expiresAt, end <= clock.now() {
                    return .refused(grant.keyID == nil ? .sessionUnknown : .keyExpired)
                }
                return .granted(grant)
            }
        }
        guard APIKey(parsing: text) != nil || StaffToken(.session, parsing: text) != nil else {
            return .refused(.keyUnknown)
        }
        guard waiting[text, default: []].count < Self.maximumWaiting, waitingCalls < Self.maximumWaitingOfAll,
            waitingBytes < Self.maximumWaitingBytes
        else { return .refused(.busy("What waits for proofs of keys", retryAfterMilliseconds: 100)) }
        return .unproved(isAsked: waiting[text] != nil)
    }

    private func holds(_ proof: Proof, at now: NIODeadline) -> Bool {
        proof.epoch >= validEpoch.value && now - proof.provedAt < Self.lease
    }

    /// Asks tenancy about a key and calls `retry` when it has answered; those who wait for one key keep their order.
    ///
    /// - Parameter bytes: what is kept until then.
    func whenProved(_ text: String, bytes: Int, _ retry: @escaping () -> Void) {
        let isFirst = waiting[text] == nil
        waiting[text, default: []].append(Waiting(bytes: bytes, retry: retry))
        waitingCalls += 1
        waitingBytes += bytes
        if isFirst { ask(text) }
    }

    private func ask(_ text: String) {
        if let key = APIKey(parsing: text) {
            let params = Keys.Verify.Params(kid: key.kid, secret: key.secret, mode: key.mode)
            ask(text, Keys.Verify.method.name, params) { [limits] (reply: Keys.Verify.Reply) in
                Verdict(outcome: Self.judge(reply, limits), epoch: Int64(reply.epoch))
            }
        } else if let token = StaffToken(.session, parsing: text) {
            let params = Sessions.Verify.Params(kid: token.kid, secret: token.secret)
            ask(text, Sessions.Verify.method.name, params) { [limits] (reply: Sessions.Verify.Reply) in
                Verdict(outcome: Self.judge(reply, limits), epoch: Int64(reply.epoch))
            }
        }
    }

    private func ask<Reply: JSONReadable>(
        _ text: String, _ method: String, _ params: some JSONWritable, _ judge: @escaping (Reply) -> Verdict
    ) {
        var message = JSONWriter(capacity: 256)
        message.verbatim(",\"method\":")
        message.string(method)
        message.verbatim(",\"context\":{\"principal\":\"service:gateway\"},\"params\":")
        params.write(to: &message)
        message.verbatim("}")
        // The lease begins when the question is asked, not when it is answered.
        let askedAt = NIODeadline.now()
        let receiver = ProofReceiver(judge) { verdict in self.learn(text, verdict, askedAt) }
        message.withBytes { tenancy.forward(afterID: $0, deadline: askedAt + Self.lease, to: receiver) }
    }

    private func learn(_ text: String, _ verdict: Result<Verdict, RPCError>, _ askedAt: NIODeadline) {
        switch verdict {
        case .success(let verdict):
            remember(text, Proof(outcome: verdict.outcome, epoch: verdict.epoch, provedAt: askedAt))
        case .failure(let error):
            // A lease that still runs is kept to its end; without one, those who wait are told.
            if let held = proofs[text], holds(held, at: .now()) {
                proofs[text]?.isRenewing = false
            } else {
                // Long enough to be told to those who wait, however late the failure came. Their own time is not up.
                let isLate = error.code == RPCError.Code.deadlineExceeded
                let told = isLate ? .dependencyUnavailable("tenancy") : error
                let provedAt = NIODeadline.now() - Self.lease + .milliseconds(50)
                remember(text, Proof(outcome: .failure(told), epoch: .max, provedAt: provedAt))
            }
        }
        let told = waiting.removeValue(forKey: text) ?? []
        waitingCalls -= told.count
        for call in told { waitingBytes -= call.bytes }
        for call in told { call.retry() }
    }

    private func remember(_ text: String, _ proof: Proof) {
        if proofs.count >= Self.maximumKeys && proofs[text] == nil {
            let now = NIODeadline.now()
            proofs = proofs.filter { now - $0.value.provedAt < Self.lease }
            if proofs.count >= Self.maximumKeys { proofs.removeAll() }
        }
        proofs[text] = proof
    }

    static func judge(
        _ proof: Keys.Verify.Reply, _ limits: LimitsConfiguration
    ) -> Result<Grant, RPCError> {
        guard let key = proof.record else { return .failure(.keyUnknown) }
        guard key.status == .active else { return .failure(.keyRevoked) }
        guard proof.brandSuspended != true else { return .failure(.brandSuspended) }
        return .success(Grant(key, industry: proof.brandIndustry, limits))
    }

    static func judge(
        _ proof: Sessions.Verify.Reply, _ limits: LimitsConfiguration
    ) -> Result<Grant, RPCError> {
        guard let session = proof.record else { return .failure(.sessionUnknown) }
        guard proof.brandSuspended != true else { return .failure(.brandSuspended) }
        return .success(Grant(session, scopes: proof.scopes, limits))
    }
}

/// The oldest state of the keys that a proof may rest on: raised, from any thread, before a revocation is answered.
final class ValidEpoch: Sendable {
    private let epoch = Atomic<Int64>(0)

    var value: Int64 { epoch.load(ordering: .acquiring) }

    func raise(to value: Int64) {
        epoch.max(value, ordering: .acquiringAndReleasing)
    }
}

/// What tenancy's answer comes to.
private struct Verdict {
    let outcome: Result<KeyRing.Grant, RPCError>
    /// The state of all keys that it rests on.
    let epoch: Int64
}

/// Takes tenancy's answer about one key or session.
private final class ProofReceiver<Reply: JSONReadable>: ReplyReceiver, @unchecked Sendable {
    // Unchecked: made, called and released on the event loop only.
    private let judge: (Reply) -> Verdict
    private let learn: (Result<Verdict, RPCError>) -> Void

    init(_ judge: @escaping (Reply) -> Verdict, _ learn: @escaping (Result<Verdict, RPCError>) -> Void) {
        self.judge = judge
        self.learn = learn
    }

    func received(_ rest: UnsafeRawBufferPointer) {
        switch ReplyLine.outcome(afterID: rest) {
        case .failure(let error): learn(.failure(error))
        case .success(let bytes):
            do throws(JSONError) {
                learn(.success(judge(try Reply(json: bytes, unknownMembers: .ignore))))
            } catch {
                learn(.failure(.internalError("A proof was answered with \(error.pointer) \(error.message)")))
            }
        }
    }

    func failed(_ error: RPCError) {
        learn(.failure(error))
    }
}

extension RPCError {
    static let keyMissing = RPCError.unauthenticated(
        "This call needs an API key: send it as meta.key, as an Authorization header, or with session.authenticate.")
    /// The same for a key that never was, one with a wrong secret and one of another installation.
    static let keyUnknown = RPCError.unauthenticated("This API key is not known here; check that it is whole.")
    static let keyRevoked = RPCError.unauthenticated("This API key was revoked; ask for a new one.")
    static let sessionUnknown = RPCError.unauthenticated(
        "This session is not known here, or has ended; sign in again: sessions.create.")
    /// Told only to who holds a key of the brand.
    static let brandSuspended = RPCError(
        code: Code.brandSuspended,
        message: "The brand of this API key is suspended; ask who runs this suite to resume it.")
    static let keyExpired = RPCError.unauthenticated("This API key has expired; ask for a new one.")
}

extension CallContext {
    /// `,"brand":"…","principal":"…"`, for the access log.
    var accessMembers: [UInt8] {
        var writer = JSONWriter(capacity: 128)
        if let brand {
            writer.verbatim(",\"brand\":")
            writer.string("\(brand)")
        }
        writer.verbatim(",\"principal\":")
        writer.string(principal)
        return writer.bytes()
    }
}
