import JSON
public import JSONRPC
import SQLite
public import ServiceContract
import Synchronization

/// Runs the methods of a service: reads parameters and context on the connection's thread, then hands each call to
/// where its kind belongs: a reader thread, the group commit, or a task.
public final class MethodDispatcher: RequestHandler {
    /// Flows under way at a time; further ones are told busy.
    public static let maximumFlows = 1_024

    private struct ContextCache {
        var bytes: [UInt8] = []
        var context = CallContext(principal: "")
    }

    private struct FlowKey: Hashable {
        let connection: ObjectIdentifier
        let id: RequestID
    }

    private let runtime: ServiceRuntime
    private let methods: [String: Method]
    /// The same methods by the numbers of their names.
    private let numbered: [Method]
    private let names: JSONKeyIndex
    /// The gateway sends the same context for each call of one key: what was read last often serves again.
    private let cache = Mutex(ContextCache())
    private let flows = Mutex<[FlowKey: Task<Void, Never>]>([:])

    public init(_ table: MethodTable, runtime: ServiceRuntime) {
        methods = table.methods
        var names = JSONKeyIndex()
        numbered = methods.values.filter { names.insert($0.description.name) }
        self.names = names
        self.runtime = runtime
    }

    public func handle(_ request: borrowing Request, _ reply: Reply?) {
        handle(request, from: nil, reply)
    }

    /// - Parameter peer: the services that the kernel says the peer is; nil where one user runs them all.
    func handle(_ request: borrowing Request, from peer: Set<String>?, _ reply: Reply?) {
        do throws(RPCError) {
            let call = try context(of: request)
            if let peer, !PeerDoor.maySpeak(for: call.principal, peer) {
                throw .forbidden("\(peer.sorted().joined(separator: ", ")) may not speak for \(call.principal).")
            }
            guard let number = names[request.methodName] else { throw .methodNotFound(request.method) }
            try dispatch(numbered[number], params: request.paramsBytes, for: call, reply)
        } catch {
            reply?.failAndLog(error, method: request.method)
        }
    }

    /// Runs one method for a caller that is already known.
    ///
    /// - Parameter params: valid only during this call.
    public func dispatch(
        _ name: String, params: UnsafeRawBufferPointer, for call: CallContext, _ reply: Reply?
    ) throws(RPCError) {
        guard let method = methods[name] else { throw .methodNotFound(name) }
        try dispatch(method, params: params, for: call, reply)
    }

    private func dispatch(
        _ method: Method, params: UnsafeRawBufferPointer, for call: CallContext, _ reply: Reply?
    ) throws(RPCError) {
        guard method.description.admits(principal: call.principal, scopes: call.scopes) else {
            throw .forbidden("\(call.principal) may not call \(method.description.name).")
        }
        guard method.description.admits(reaching: call.segments) else {
            throw .forbidden(
                "\(call.principal) reaches only some actors, and \(method.description.name) may be about any.")
        }
        let work = try prepare(method, params, for: call)
        try start(work, of: method.description, call, params, reply)
    }

    public func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        let cancelled = flows.withLock { flows in
            if let id { return [flows[FlowKey(connection: connection, id: id)]].compactMap(\.self) }
            return flows.filter { $0.key.connection == connection }.map(\.value)
        }
        for task in cancelled { task.cancel() }
    }

    private func context(of request: borrowing Request) throws(RPCError) -> CallContext {
        guard let bytes = request.contextBytes else {
            throw .invalidRequest("A request to a service needs a 'context'; clients call the gateway.")
        }
        let now = runtime.clock.now()
        let cached = cache.withLock { cache in
            cache.bytes.isSame(as: bytes) ? cache.context : nil
        }
        if var call = cached {
            call.now = now
            return call
        }
        var reader = JSONReader(bytes, unknownMembers: .ignore)
        var call: CallContext
        do {
            call = try CallContext(from: &reader)
        } catch {
            throw .invalidRequest("context\(error.pointer): \(error.message)")
        }
        cache.withLock { [call] cache in cache = ContextCache(bytes: Array(bytes), context: call) }
        call.now = now
        return call
    }

    private func prepare(
        _ method: Method, _ params: UnsafeRawBufferPointer, for call: CallContext
    ) throws(RPCError) -> Work {
        // A client's unknown member is a mistake to be told; a sibling's may be from a newer release.
        let isSibling = call.principal.hasPrefix("service:")
        var reader = JSONReader(params, unknownMembers: isSibling ? .ignore : .refuse)
        do {
            return try method.prepare(&reader)
        } catch {
            throw .invalidParams(error)
        }
    }

    private func start(
        _ work: Work, of method: MethodDescription, _ call: CallContext, _ params: UnsafeRawBufferPointer,
        _ reply: Reply?
    ) throws(RPCError) {
        switch work {
        case .read(let body):
            let file = try runtime.file(for: method, call)
            let work = ReadCall(method, body: body, call: call, reply: reply)
            if !runtime.submit(work, to: file) { throw .busy("Reading in \(runtime.name)") }
        case .write(let body):
            let file = try runtime.file(for: method, call)
            let keepsParams = method.isAudited || method.isIdempotent && call.idempotencyKey != nil
            let work = WriteCall(
                method, body: body, call: call, params: keepsParams ? Array(params) : [], file: file,
                runtime: runtime, reply: reply)
            if !runtime.writer.submit(work, to: file) { throw .busy("Writing in \(runtime.name)") }
        case .flow(let body):
            try startFlow(body, of: method, call, params: Array(params), reply)
        }
    }

    private func startFlow(
        _ body: @escaping @Sendable (CallContext) async throws(RPCError) -> any JSONWritable,
        of method: MethodDescription, _ call: CallContext, params: [UInt8], _ reply: Reply?
    ) throws(RPCError) {
        let key = reply.map { FlowKey(connection: $0.connection, id: $0.id) }
        let runtime = runtime
        let isAdmitted = flows.withLock { flows in
            guard flows.count < Self.maximumFlows else { return false }
            // Unstructured, because it begins in a channel handler; it ends with its body, and is cancelled with its
            // connection or by the caller. Weak: a call that outlives its dispatcher has no list to leave.
            let task = Task { [weak self] in
                do throws(RPCError) {
                    let result = try await body(call)
                    if method.isAudited {
                        let told = result.json()
                        try await runtime.write(try runtime.file(for: method, call)) { transaction throws(RPCError) in
                            try AuditTrail.record(
                                method, params: params, reply: told, call: call, by: runtime.name,
                                in: transaction)
                        }
                    }
                    reply?.succeed { result.write(to: &$0) }
                } catch {
                    reply?.failAndLog(error, method: method.name, traceparent: call.traceparent)
                }
                if let key { self?.flows.withLock { $0[key] = nil } }
            }
            if let key { flows[key] = task }
            return true
        }
        if !isAdmitted { throw .busy("\(runtime.name)") }
    }
}
