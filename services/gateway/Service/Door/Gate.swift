import JSON
import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceContract
import ServiceKit

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
    let local: MethodDispatcher
    let siblings: Siblings
    private let keys: KeyRing
    let clock: Clock
    let bootClock: BootClock
    let metrics: GateMetrics
    private let usage: KeyUsage
    var limiter: Limiter
    private var unreserved = UnreservedCalls(
        maximumCalls: Gate.maximumUnreserved, maximumBytes: Gate.maximumUnreservedBytes)
    let limits: LimitsConfiguration
    private let accessLog: AccessLog?
    let eventLoop: any EventLoop
    private let wakeKeeper: () -> Void
    var queues: [String: ServiceQueue] = [:]
    private var isOpen = true

    /// What all callers without a key may spend together: to sign in costs a tenth of a second of work.
    private static let anyoneLimit = RateLimit(ratePerSecond: 20, burst: 20)
    let anyone: Allowance

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

    // MARK: What is reserved

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
