import GatewayAPI
import JSON
import JSONRPC
import NIOCore

/// The client's end of one public connection: what it is bound to, and what its lines ask for.
///
/// One for each connection, on the event loop only.
final class ClientDoor: RequestHandler, @unchecked Sendable {
    // Unchecked: made and called on the event loop only, as its Gate is.
    private let gate: Gate
    private let caller: Caller
    private let connection: ConnectionCounts.Connection?
    /// The key that `session.authenticate` bound this connection to, or that an HTTP request carried.
    private var boundKey: String?
    /// What the headers of an HTTP request said; a line's own `meta` replaces it.
    private let headers: RequestMeta?
    /// Clients send the same `meta` again and again.
    private var lastMeta: (bytes: [UInt8], meta: RequestMeta)?

    /// - Parameter connection: counts as open for as long as this door is.
    init(
        _ gate: Gate, for caller: Caller, over connection: ConnectionCounts.Connection? = nil,
        headers: RequestMeta? = nil
    ) {
        self.gate = gate
        self.connection = connection
        self.caller = caller
        self.headers = headers
        boundKey = headers?.key
    }

    func handle(_ request: borrowing Request, _ original: Reply?) {
        let access = gate.access(request, through: caller.door, original)
        let reply = access?.makeReply() ?? original
        defer { access?.noteUnanswered() }
        do throws(RPCError) {
            guard request.context == nil else {
                throw .invalidRequest("A client sends no 'context'; Gyre makes it from the key.")
            }
            let meta = try meta(of: request)
            switch request.methodName {
            case "session.authenticate": authenticate(request.paramsBytes, reply)
            case "rpc.discover":
                if let error = gate.chargeStranger(caller) { throw error }
                reply?.succeed { writer in gate.routes.clientDocument.withUnsafeBytes { writer.rawBytes($0) } }
            default: gate.admit(gate.call(request, meta, reply, access), key: meta.key ?? boundKey, from: caller)
            }
        } catch {
            reply?.fail(error)
        }
    }

    private func meta(of request: borrowing Request) throws(RPCError) -> RequestMeta {
        guard let bytes = request.metaBytes else { return headers ?? RequestMeta() }
        if let lastMeta, lastMeta.bytes.isSame(as: bytes) { return lastMeta.meta }
        var meta = try RequestMeta(bytes)
        // The browser says this, and the page's own words do not take it back.
        if let headers, headers.globalPrivacyControl { meta.globalPrivacyControl = true }
        guard meta.brand == nil else {
            throw .invalidRequest("meta/brand: the brand of a call is its key's; leave this out.")
        }
        lastMeta = (Array(bytes), meta)
        return meta
    }

    private func authenticate(_ params: UnsafeRawBufferPointer, _ reply: Reply?) {
        var reader = JSONReader(params)
        let key: String
        do throws(JSONError) {
            key = try GatewayAPI.Session.Authenticate.Params(from: &reader).key
        } catch {
            reply?.fail(.invalidParams(error))
            return
        }
        // Bound at once: what the client sends behind this waits for the same proof.
        let previous = boundKey
        boundKey = key
        gate.authenticate(key, from: caller) { result in
            switch result {
            case .success(let grant):
                reply?.succeed { writer in
                    GatewayAPI.Session.Authenticate.Reply(brandId: grant.brand, scopes: grant.scopes)
                        .write(to: &writer)
                }
            case .failure(let error):
                // Unless it asked for another one since.
                if self.boundKey == key { self.boundKey = previous }
                reply?.fail(error)
            }
        }
    }
}

/// The platform's own door: no key, no limits; who may open it is the file system's and the kernel's business.
final class AdministratorDoor: RequestHandler, @unchecked Sendable {
    // Unchecked: made and called on the event loop only, as its Gate is.
    private let gate: Gate

    init(_ gate: Gate) {
        self.gate = gate
    }

    func handle(_ request: borrowing Request, _ original: Reply?) {
        let access = gate.access(request, through: "admin", original)
        let reply = access?.makeReply() ?? original
        defer { access?.noteUnanswered() }
        do throws(RPCError) {
            guard request.context == nil else {
                throw .invalidRequest("A client sends no 'context'; name a brand in 'meta'.")
            }
            if request.methodName == "rpc.discover" {
                reply?.succeed { writer in gate.routes.administratorDocument.withUnsafeBytes { writer.rawBytes($0) } }
                return
            }
            let meta = try request.metaBytes.map { bytes throws(RPCError) in try RequestMeta(bytes) } ?? RequestMeta()
            gate.admitAdministrator(gate.call(request, meta, reply, access))
        } catch {
            reply?.fail(error)
        }
    }
}
