import JSON
import JSONRPC
import JSONRPCUnixSocket
import NIOCore
import ServiceContract
import ServiceKit

/// The one way in: decides for each request who calls, whether they may, and at what cost, and sends it on by
/// splicing its bytes into a new line.
///
/// Confined to the event loop, as are the doors that use it.
final class Gate {
    let routes: Routes
    private let local: MethodDispatcher
    private let siblings: Siblings
    private let keys: KeyRing
    private let clock: Clock
    private let metrics: GateMetrics
    private var limiter = RateLimiter()

    init(
        routes: Routes, local: MethodDispatcher, siblings: Siblings, keys: KeyRing, clock: Clock, metrics: GateMetrics
    ) {
        self.routes = routes
        self.local = local
        self.siblings = siblings
        self.keys = keys
        self.clock = clock
        self.metrics = metrics
    }

    /// One request of a client, with what it said beside it. Its bytes are valid only during the call.
    struct Call {
        let method: String
        let params: UnsafeRawBufferPointer
        let meta: RequestMeta
        /// Nil for a notification.
        let reply: Reply?
    }

    /// A request from a client of the public edge.
    ///
    /// - Parameter key: from `meta`, or the one that the connection is bound to.
    func admit(_ call: Call, key: String?) {
        guard let route = routes[call.method] else { return fail(call, .methodNotFound(call.method)) }
        guard let key else { return fail(call, .keyMissing) }
        switch keys.find(key) {
        case .granted(let grant):
            guard route.method.admits(principal: grant.principal, scopes: grant.scopes) else {
                return fail(call, .missingScope(route.method))
            }
            let cost = Routes.cost(of: route.method, call.params)
            switch limiter.spend(cost, from: grant.id, grant.limit, at: Int64(NIODeadline.now().uptimeNanoseconds)) {
            case .admitted: send(call, route, grant)
            case .refused(let wait): fail(call, .rateLimited(grant.limit, retryAfterNanoseconds: wait))
            case .tooCostly: fail(call, .tooCostly(cost, grant.limit))
            }
        case .refused(let error): fail(call, error)
        case .unproved:
            // The bytes are valid only now, and the answer comes later.
            let params = Array(call.params)
            keys.whenProved(key) {
                params.withUnsafeBytes { bytes in
                    self.admit(
                        Call(method: call.method, params: bytes, meta: call.meta, reply: call.reply), key: key)
                }
            }
        }
    }

    /// A request from the platform's own door.
    func admitAdministrator(_ call: Call) {
        guard let route = routes[call.method] else { return fail(call, .methodNotFound(call.method)) }
        let context = CallContext(brand: call.meta.brand, principal: "admin")
        guard route.method.admits(principal: context.principal, scopes: []) else {
            return fail(call, .forbidden("\(call.method) is for clients with a key."))
        }
        forward(call, route, context)
    }

    /// Proves a key for a connection that wants to be bound to it.
    func authenticate(_ key: String, then: @escaping (Result<KeyRing.Grant, RPCError>) -> Void) {
        switch keys.find(key) {
        case .granted(let grant): then(.success(grant))
        case .refused(let error): then(.failure(error))
        case .unproved: keys.whenProved(key) { self.authenticate(key, then: then) }
        }
    }

    func fail(_ call: Call, _ error: RPCError) {
        metrics.refused(error)
        call.reply?.failAndLog(error, method: "gate")
    }

    // MARK: Sending on

    private func send(_ call: Call, _ route: Routes.Route, _ grant: KeyRing.Grant) {
        if call.meta.isPlain && route.service != "gateway" {
            splice(call, route, context: grant.plainContext, milliseconds: CallContext.defaultDeadlineMilliseconds)
        } else {
            forward(call, route, grant.context)
        }
    }

    private func forward(_ call: Call, _ route: Routes.Route, _ caller: CallContext) {
        var context = caller
        context.idempotencyKey = call.meta.idempotencyKey
        context.traceparent = call.meta.traceparent
        context.deadlineMilliseconds = call.meta.deadlineMilliseconds
        if route.service == "gateway" {
            context.now = clock.now()
            metrics.admitted(route.method)
            do throws(RPCError) {
                try local.dispatch(call.method, params: call.params, for: context, call.reply)
            } catch {
                fail(call, error)
            }
        } else {
            let milliseconds = context.deadlineMilliseconds ?? CallContext.defaultDeadlineMilliseconds
            splice(call, route, context: context.json(), milliseconds: milliseconds)
        }
    }

    private func splice(_ call: Call, _ route: Routes.Route, context: [UInt8], milliseconds: Int64) {
        metrics.admitted(route.method)
        var message = JSONWriter(capacity: route.head.count + context.count + call.params.count + 16)
        route.head.withUnsafeBytes { message.verbatim($0) }
        context.withUnsafeBytes { message.verbatim($0) }
        message.verbatim(",\"params\":")
        message.verbatimOnOneLine(call.params)
        message.verbatim("}")
        let receiver = SplicedReply(to: call.reply, metrics: metrics)
        message.withBytes {
            siblings[route.service].forward(
                afterID: $0, deadline: .now() + .milliseconds(milliseconds), to: receiver)
        }
    }
}

/// Passes the reply of a service on to the client, unread.
private final class SplicedReply: ReplyReceiver {
    private let reply: Reply?
    private let metrics: GateMetrics
    private let began = NIODeadline.now()

    init(to reply: Reply?, metrics: GateMetrics) {
        self.reply = reply
        self.metrics = metrics
    }

    func received(_ rest: UnsafeRawBufferPointer) {
        metrics.answered(after: NIODeadline.now() - began)
        reply?.splice(afterID: rest)
    }

    func failed(_ error: RPCError) {
        metrics.refused(error)
        reply?.failAndLog(error, method: "gate")
    }
}

extension RPCError {
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
