import GatewayAPI
import JSON
import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceContract
import ServiceKit
import TenancyAPI

/// The one way in: decides for each request who calls, whether they may, and at what cost, and sends it on by
/// splicing its bytes into a new line.
///
/// Confined to the event loop, as are the doors that use it.
final class Gate {
    /// Calls that wait until what they spend is on disk.
    static let maximumUnreserved = 4_096
    /// Bytes of their parameters.
    static let maximumUnreservedBytes = 16 << 20

    let routes: Routes
    private let local: MethodDispatcher
    private let siblings: Siblings
    private let keys: KeyRing
    private let clock: Clock
    private let bootClock: BootClock
    private let metrics: GateMetrics
    private let usage: KeyUsage
    private var limiter: Limiter
    private var unreserved = UnreservedCalls(
        maximumCalls: Gate.maximumUnreserved, maximumBytes: Gate.maximumUnreservedBytes)
    private let limits: LimitsConfiguration
    private let accessLog: AccessLog?
    private let eventLoop: any EventLoop
    private let wakeKeeper: () -> Void
    private var queues: [String: ServiceQueue] = [:]
    private var isOpen = true

    /// What all callers without a key may spend together: to sign in costs a tenth of a second of work.
    private static let anyoneLimit = RateLimit(ratePerSecond: 20, burst: 20)
    private let anyone: Allowance

    /// - Parameters:
    ///   - limiter: as the process before left it.
    ///   - wakeKeeper: says that ``takeReservations()`` has something.
    init(
        routes: Routes, local: MethodDispatcher, siblings: Siblings, keys: KeyRing, clock: Clock,
        bootClock: BootClock, metrics: GateMetrics, usage: KeyUsage, limits: LimitsConfiguration, limiter: Limiter,
        accessLog: AccessLog?, eventLoop: any EventLoop, wakeKeeper: @escaping () -> Void
    ) {
        self.routes = routes
        self.local = local
        self.siblings = siblings
        self.keys = keys
        self.clock = clock
        self.bootClock = bootClock
        self.metrics = metrics
        self.usage = usage
        self.limiter = limiter
        self.limits = limits
        self.accessLog = accessLog
        self.eventLoop = eventLoop
        let nobody = UUIDv7(milliseconds: 0, sequence: 0, random: 0)
        anyone = Allowance(bucket: nobody, brand: nobody, Self.anyoneLimit, limits)
        self.wakeKeeper = wakeKeeper
        for name in Siblings.names {
            queues[name] = ServiceQueue(
                to: siblings[name], name: name, methods: routes.methods.count, on: eventLoop)
        }
    }

    /// One request of a client, with what it said beside it. Its bytes are valid only during the call.
    struct Call {
        /// Nil for a method that there is none of.
        let route: Routes.Route?
        let method: String
        let params: UnsafeRawBufferPointer
        let meta: RequestMeta
        /// Nil for a notification.
        let reply: Reply?
        /// Nil where there is no access log.
        let access: AccessRecord?

        /// The same with a copy of its parameters.
        fileprivate func with(_ params: UnsafeRawBufferPointer) -> Call {
            Call(route: route, method: method, params: params, meta: meta, reply: reply, access: access)
        }
    }

    func call(
        _ request: borrowing Request, _ meta: RequestMeta, _ reply: Reply?, _ access: AccessRecord?
    ) -> Call {
        let route = routes[request.methodName]
        if let access {
            if let route { access.method = route.accessMember }
            access.trace = meta.traceparent.flatMap { TraceContext($0) }
        }
        return Call(
            route: route, method: route?.method.name ?? request.method, params: request.paramsBytes, meta: meta,
            reply: reply, access: access)
    }

    /// What the access log will say of a request.
    func access(_ request: borrowing Request, through door: StaticString, _ reply: Reply?) -> AccessRecord? {
        accessLog.map { AccessRecord($0, door: door, over: reply, bytes: request.line.count) }
    }

    /// A request from a client of the public edge.
    ///
    /// - Parameters:
    ///   - key: from `meta`, or the one that the connection is bound to.
    ///   - isCharged: whether the caller's address was charged for it already.
    func admit(_ call: Call, key: String?, from caller: Caller, isCharged: Bool = false) {
        guard let key else { return admitAnyone(call, from: caller) }
        switch keys.find(key) {
        case .granted(let grant): admit(call, grant, from: caller)
        case .refused(let error): fail(call, refusal(error, of: caller, isCharged: isCharged))
        case .unproved(let isAsked):
            // Who asks about a key pays; who waits for that answer pays if the key is bad.
            if !isCharged, !isAsked, let error = chargeStranger(caller) { return fail(call, error) }
            // The bytes are valid only now, and the answer comes later.
            let params = Array(call.params)
            keys.whenProved(key, bytes: params.count) {
                params.withUnsafeBytes { bytes in
                    let call = call.with(bytes)
                    self.admit(call, key: key, from: caller, isCharged: isCharged || !isAsked)
                }
            }
        }
    }

    /// A request without a key, such as one to sign in: charged to its address, and to what all of them share.
    private func admitAnyone(_ call: Call, from caller: Caller) {
        if let error = chargeStranger(caller) { return fail(call, error) }
        guard let route = call.route else { return fail(call, .methodNotFound(call.method)) }
        guard route.isOpen else { return fail(call, .keyMissing) }
        if let error = chargeOpenCall(caller) { return fail(call, error) }
        let cost = Routes.cost(of: route.method, call.params)
        let now = bootClock.now()
        let verdict = limiter.admit(cost, route.method.kind, anyone, clock: now) { clock.now().microseconds }
        if limiter.wantsReservations { wakeKeeper() }
        switch verdict {
        case .admitted:
            anyone.lastRefusal = nil
            forward(call, route, CallContext(principal: "anyone", origin: caller.origin), nil)
        case .unreserved: fail(call, .busy("What waits for the disk", retryAfterMilliseconds: 100))
        default: refuse(call, verdict, cost, route.method.kind, anyone, caller, now)
        }
    }

    /// A request whose caller is known.
    private func admit(_ call: Call, _ grant: KeyRing.Grant, from caller: Caller) {
        call.access?.caller = grant.accessMembers
        guard let route = call.route else { return fail(call, .methodNotFound(call.method)) }
        // To sign in is limited by where the caller is, whatever key they hold.
        if route.isOpen { return admitAnyone(call, from: caller) }
        guard grant.admits(route) else {
            return fail(call, .missingScope(route.method))
        }
        guard route.method.admits(reaching: grant.context.segments) else {
            return fail(call, .reachingSome(route.method))
        }
        guard isOpen else { return fail(call, .busy("The gateway")) }
        // What came later with the same key waits behind what waits.
        if unreserved.holds(grant.id) { return wait(call, grant, from: caller) }
        let cost = Routes.cost(of: route.method, call.params)
        let now = bootClock.now()
        var usedAt: Int64 = 0
        let verdict = limiter.admit(cost, route.method.kind, grant.allowance, clock: now) {
            usedAt = clock.now().microseconds
            return usedAt
        }
        if limiter.wantsReservations { wakeKeeper() }
        switch verdict {
        case .admitted:
            grant.allowance.lastRefusal = nil
            if let onStanding = caller.onStanding {
                onStanding(standing(grant.allowance, route.method.kind, now))
            }
            let refund =
                grant.allowance.quotas.isEmpty
                ? nil : Refund(cost: cost, grant.allowance.quotas, usedAt: usedAt, call.meta, by: self)
            if let key = grant.keyID {
                usage.add(KeyUsage.Count(requests: 1, lastUsedAt: clock.now()), of: key)
            }
            send(call, route, grant, refund)
        case .unreserved:
            wait(call, grant, from: caller)
        default:
            refuse(call, verdict, cost, route.method.kind, grant.allowance, caller, now)
        }
    }

    /// A request from the platform's own door.
    func admitAdministrator(_ call: Call) {
        guard let route = call.route else { return fail(call, .methodNotFound(call.method)) }
        let context = CallContext(brand: call.meta.brand, principal: "admin")
        call.access?.caller = context.accessMembers
        guard route.method.admits(principal: context.principal, scopes: []) else {
            return fail(call, .forbidden("\(call.method) is for clients with a key."))
        }
        forward(call, route, context, nil)
    }

    /// Proves a key for a connection that wants to be bound to it.
    func authenticate(
        _ key: String, from caller: Caller, isCharged: Bool = false,
        then: @escaping (Result<KeyRing.Grant, RPCError>) -> Void
    ) {
        switch keys.find(key) {
        case .granted(let grant): then(.success(grant))
        case .refused(let error): then(.failure(refusal(error, of: caller, isCharged: isCharged)))
        case .unproved(let isAsked):
            if !isCharged, !isAsked, let error = chargeStranger(caller) { return then(.failure(error)) }
            keys.whenProved(key, bytes: 0) {
                self.authenticate(key, from: caller, isCharged: isCharged || !isAsked, then: then)
            }
        }
    }

    func fail(_ call: Call, _ error: RPCError) {
        metrics.refused(error)
        call.reply?.failAndLog(error, method: "gate")
    }

    // MARK: Limits

    /// Charges the address of a caller that shows no good key.
    ///
    /// - Parameter cost: in calls; never more than the address may spend at once.
    /// - Returns: why it may not go on.
    func chargeStranger(_ caller: Caller, cost: Int64 = 1) -> RPCError? {
        let limit = caller.charges[0].limit
        switch limiter.buckets.spend(min(cost, limit.burst), of: &caller.charges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "address", limit, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    /// Charges the address of a caller for a request with a key that everybody may have.
    ///
    /// - Returns: why it may not go on.
    func chargeClientAddress(_ caller: Caller) -> RPCError? {
        var charges = [BucketTable.Charge(caller.addressForClientKeys, limits.clientAddress)]
        switch limiter.buckets.spend(1, of: &charges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "clientAddress", limits.clientAddress, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    /// What a caller is told whose key was refused. Their address pays for it, unless it did already, or nobody can say
    /// now whether the key is good: that is not their fault, and they will come again at once.
    private func refusal(_ error: RPCError, of caller: Caller, isCharged: Bool) -> RPCError {
        if isCharged || error.isOurs(choseDeadline: false) { return error }
        return chargeStranger(caller) ?? error
    }

    /// Charges the address of a caller for a method that needs no key, of which all callers together have few.
    private func chargeOpenCall(_ caller: Caller) -> RPCError? {
        let limit = caller.openCharges[0].limit
        switch limiter.buckets.spend(1, of: &caller.openCharges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "address", limit, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    private func refuse(
        _ call: Call, _ verdict: Limiter.Verdict, _ cost: Int64, _ kind: MethodDescription.Kind,
        _ allowance: Allowance, _ caller: Caller, _ now: Int64
    ) {
        switch verdict {
        case .rateLimited(let index, let wait):
            let milliseconds = now / 1_000_000
            if index == 0, let last = allowance.lastRefusal, last.milliseconds == milliseconds, last.kind == kind {
                caller.onStanding?(last.standing)
                return fail(call, last.error)
            }
            let policy = Standing.policy(of: index, kind)
            let standing = standing(
                allowance, kind, now, .init(policy: policy, retryAfterSeconds: Standing.seconds(wait)))
            caller.onStanding?(standing)
            let limit = allowance.charges[kind.number][index].limit
            let error = RPCError.rateLimited(policy: policy, limit, retryAfterNanoseconds: wait, standing)
            if index == 0 { allowance.lastRefusal = (kind, milliseconds, error, standing) }
            fail(call, error)
        case .tooCostly(let index):
            let limit = allowance.charges[kind.number][index].limit
            caller.onStanding?(standing(allowance, kind, now))
            fail(call, .tooCostly(cost, policy: Standing.policy(of: index, kind), limit))
        case .quotaExhausted(let index):
            let quota = allowance.quotas[index]
            let standing = standing(allowance, kind, now)
            caller.onStanding?(standing)
            let resetsAt = limiter.quotas.standing(of: quota, at: clock.now().microseconds).resetsAt
            fail(call, .quotaExhausted(quota, resetsAt: Timestamp(microseconds: resetsAt), standing))
        case .tableFull: fail(call, .tooManyBuckets)
        case .admitted, .unreserved: break
        }
    }

    private func standing(
        _ allowance: Allowance, _ kind: MethodDescription.Kind, _ now: Int64, _ refusal: Standing.Refusal? = nil
    ) -> Standing {
        Standing(
            allowance, kind, in: limiter, clock: now, time: allowance.quotas.isEmpty ? 0 : clock.now().microseconds,
            refusal: refusal)
    }

    /// How much is left of a key's limits and quotas; without a key of the limits that all callers share.
    func standings(of key: Key?) -> LimitStandings {
        let now = bootClock.now()
        let time = clock.now().microseconds
        guard let key else {
            let shared = MethodDescription.Kind.all.map { (anyone.charges[$0.number][2], $0.policy) }
            return LimitStandings(
                limits: (shared + [(anyone.charges[0][3], Allowance.policies[3])]).map { charge, policy in
                    limiter.buckets.standing(of: charge, policy, at: now)
                }, quotas: [])
        }
        let allowance = Allowance(of: key, limits)
        return LimitStandings(
            keyId: key.id,
            limits: (0..<2).map {
                limiter.buckets.standing(of: allowance.charges[0][$0], Allowance.policies[$0], at: now)
            },
            quotas: allowance.quotas.map { quota in
                let standing = limiter.quotas.standing(of: quota, at: time)
                return QuotaStanding(
                    policy: Standing.policy(of: quota), units: Int(quota.units), remaining: Int(standing.units),
                    resetsAt: Timestamp(microseconds: standing.resetsAt))
            })
    }

    /// Keeps a call until what it spends is on disk.
    private func wait(_ call: Call, _ grant: KeyRing.Grant, from caller: Caller) {
        let params = Array(call.params)
        let isKept = unreserved.keep(for: grant.id, bytes: params.count) { problem in
            params.withUnsafeBytes { bytes in
                let call = call.with(bytes)
                if let problem { self.fail(call, problem) } else { self.admit(call, grant, from: caller) }
            }
        }
        if !isKept { fail(call, .busy("What waits for the disk", retryAfterMilliseconds: 100)) }
    }

    /// What has to be on disk now.
    func takeReservations() -> LimitStore.Reservations { limiter.takeReservations() }

    /// It is on disk, or cannot be: whoever waits for it goes on.
    func reserved(_ reservations: LimitStore.Reservations, _ problem: RPCError?) {
        if problem == nil {
            limiter.reserved(reservations)
        } else {
            limiter.notReserved(reservations)
        }
        for goOn in unreserved.takeAll() { goOn(problem) }
    }

    /// Admits nothing more.
    ///
    /// - Returns: what was spent.
    func close() -> LimitStore.Reservations {
        isOpen = false
        for goOn in unreserved.takeAll() { goOn(.busy("The gateway")) }
        return limiter.spent(at: bootClock.now())
    }

    /// A call failed inside Gyre: it costs nothing of a quota.
    func giveBack(_ refund: Refund) {
        limiter.quotas.giveBack(refund.cost, of: refund.quotas, usedAt: refund.usedAt)
    }

    // MARK: Sending on

    private func send(_ call: Call, _ route: Routes.Route, _ grant: KeyRing.Grant, _ refund: Refund?) {
        if call.meta.isPlain && route.service != "gateway" {
            splice(
                call, route, context: grant.plainContext, brand: grant.brand,
                milliseconds: CallContext.defaultDeadlineMilliseconds, refund)
        } else {
            forward(call, route, grant.context, refund)
        }
    }

    private func forward(_ call: Call, _ route: Routes.Route, _ caller: CallContext, _ refund: Refund?) {
        var context = caller
        context.idempotencyKey = call.meta.idempotencyKey
        context.traceparent = call.access?.trace?.traceparent ?? call.meta.traceparent
        context.deadlineMilliseconds = call.meta.deadlineMilliseconds
        context.globalPrivacyControl = call.meta.globalPrivacyControl
        if route.service == "gateway" {
            context.now = clock.now()
            metrics.admitted(route)
            let reply = refund.map { watching(call.reply, $0) } ?? call.reply
            do throws(RPCError) {
                try local.dispatch(call.method, params: call.params, for: context, reply)
            } catch {
                metrics.refused(error)
                reply?.failAndLog(error, method: "gate")
            }
        } else {
            let milliseconds = context.deadlineMilliseconds ?? CallContext.defaultDeadlineMilliseconds
            splice(
                call, route, context: context.json(), brand: context.brand, milliseconds: milliseconds, refund)
        }
    }

    /// Whenever the call fails inside Gyre, now or later, it gives back what it used.
    private func watching(_ reply: Reply?, _ refund: Refund) -> Reply {
        let (refund, eventLoop) = (NIOLoopBound(refund, eventLoop: eventLoop), eventLoop)
        return Reply.watching(reply) { rest in
            guard case .failure(let error) = ReplyLine.outcome(afterID: rest) else { return }
            eventLoop.execute { refund.value.giveBack(after: error) }
        }
    }

    private func splice(
        _ call: Call, _ route: Routes.Route, context: [UInt8], brand: UUIDv7?, milliseconds: Int64, _ refund: Refund?
    ) {
        metrics.admitted(route)
        var message = JSONWriter(capacity: route.head.count + context.count + call.params.count + 16)
        route.head.withUnsafeBytes { message.verbatim($0) }
        context.withUnsafeBytes { message.verbatim($0) }
        message.verbatim(",\"params\":")
        message.verbatimOnOneLine(call.params)
        message.verbatim("}")
        let receiver = SplicedReply(to: call.reply, metrics: metrics, refund: refund)
        let deadline = receiver.began + .milliseconds(milliseconds)
        message.withBytes {
            // A flow may wait for something else than its service: no turn of others waits for it.
            if route.method.kind == .flow {
                siblings[route.service].forward(afterID: $0, deadline: deadline, to: receiver)
            } else {
                queues[route.service]?.send(
                    $0, of: BucketName(.brand, high: brand?.high ?? 0, low: brand?.low ?? 0), method: route.number,
                    deadline: deadline, to: receiver)
            }
        }
    }
}

extension BucketTable {
    fileprivate func standing(of charge: Charge, _ policy: String, at now: Int64) -> LimitStanding {
        let standing = standing(of: charge, at: now)
        return LimitStanding(
            policy: policy, ratePerSecond: Int(charge.limit.ratePerSecond), burst: Int(charge.limit.burst),
            remaining: Int(max(0, standing.units)),
            fullAfterMilliseconds: Int((max(0, standing.fullAfterNanoseconds) + 999_999) / 1_000_000))
    }
}

extension RPCError {
    /// The buckets of so many callers are in use that there is none for this one.
    static let tooManyBuckets = busy("The table of callers", retryAfterMilliseconds: 1_000)

    static func reachingSome(_ method: MethodDescription) -> RPCError {
        .forbidden(
            "\(method.name) may be about anybody, and this key reaches only some industries or segments; "
                + "use one without allowedIndustries and allowedSegments.")
    }

    static func missingScope(_ method: MethodDescription) -> RPCError {
        guard let scope = method.scope, method.callers.contains("public") else {
            return .forbidden("\(method.name) is not for API keys; use the admin socket.")
        }
        return .forbidden("\(method.name) needs the scope \(scope), which this key does not have.")
    }
}

extension JSONWriter {
    /// Validated JSON as it is, with the line ends between its tokens made spaces: a line stays one line.
    ///
    /// Inside a string JSON allows no line end, so each one found stands between tokens.
    mutating func verbatimOnOneLine(_ json: UnsafeRawBufferPointer) {
        var rest = json
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            verbatim(UnsafeRawBufferPointer(rebasing: rest[..<end]))
            verbatim(" ")
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        verbatim(rest)
    }
}
