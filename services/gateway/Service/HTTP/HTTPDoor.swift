import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import Limits
import NIOCore
import OpenSSL
import ServiceKit

/// `POST /rpc`: a JSON-RPC request or batch as the body, the key and the rest of `meta` as headers.
struct HTTPDoor: Sendable {
    private let gate: NIOLoopBound<Gate>
    private let eventLoop: any EventLoop
    private let addressLimit: RateLimit
    /// How long a request's body may take.
    let bodyTime: TimeAmount

    /// - Parameter bodyTime: how long a request's body may take.
    init(
        _ gate: NIOLoopBound<Gate>, on eventLoop: any EventLoop, _ addressLimit: RateLimit, bodyTime: TimeAmount
    ) {
        self.bodyTime = bodyTime
        self.gate = gate
        self.eventLoop = eventLoop
        self.addressLimit = addressLimit
    }

    /// - Parameter address: of the peer, without its port.
    func handle(_ request: Hummingbird.Request, from address: String?) async -> Response {
        let body: [UInt8]
        let meta: RequestMeta
        do throws(RPCError) {
            meta = try RequestMeta(headers: request.headers)
            body = try await Self.body(of: request, within: bodyTime)
        } catch {
            return Self.refusal(error)
        }
        guard let (answer, standing) = await exchange(body, meta, from: address) else {
            return Response(status: .noContent)
        }
        return Self.response(answer, standing)
    }

    /// What a request or a batch is answered with, and where the caller then stands; nil for notifications.
    func exchange(
        _ body: [UInt8], _ meta: RequestMeta, from address: String?
    ) async -> (answer: [UInt8], standing: Standing?)? {
        let connection = HTTPConnection()
        let begun = try? await eventLoop.submit { [gate, addressLimit] in
            let caller = Caller(.address(address), addressLimit, door: "http") { connection.tell($0) }
            let session = JSONRPC.Session(
                handler: ClientDoor(gate.value, for: caller, headers: meta), channel: connection)
            return body.withUnsafeBytes { session.receive($0) }
        }.get()
        guard let begun, begun > 0 else { return nil }
        let answer = await connection.answer()
        return (answer, connection.standing)
    }

    /// Charges the address of somebody who shows no key.
    ///
    /// - Returns: what they are told if they may not go on.
    func charge(_ address: String?) async -> Response? {
        let error = try? await eventLoop.submit { [gate, addressLimit] in
            gate.value.chargeStranger(Caller(.address(address), addressLimit))
        }.get()
        return error.flatMap(\.self).map { Self.refusal($0) }
    }

    /// What a key may do that everybody may have, for it stands in the pages that people load: so beside the key, its
    /// holder's address pays for each request.
    func proveClientKey(_ key: String, from address: String?) async throws(RPCError) -> [String] {
        let result: Result<[String], RPCError> = await withCheckedContinuation { continuation in
            eventLoop.execute { [gate, addressLimit] in
                let caller = Caller(.address(address), addressLimit, door: "http")
                if let error = gate.value.chargeClientAddress(caller) {
                    return continuation.resume(returning: .failure(error))
                }
                gate.value.authenticate(key, from: caller) { continuation.resume(returning: $0.map(\.scopes)) }
            }
        }
        return try result.get()
    }

    /// The whole body of a request.
    ///
    /// - Parameters:
    ///   - time: how long it may take.
    ///   - limit: bytes that it may have.
    static func body(
        of request: Hummingbird.Request, within time: TimeAmount, upTo limit: Int = JSONRPC.Session.maximumLineBytes
    ) async throws(RPCError) -> [UInt8] {
        do {
            return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                group.addTask {
                    Array(try await request.body.collect(upTo: limit).readableBytesView)
                }
                group.addTask {
                    try await Task.sleep(for: .nanoseconds(time.nanoseconds))
                    return nil
                }
                defer { group.cancelAll() }
                guard let bytes = try await group.next() ?? nil else { throw RPCError.slowBody }
                return bytes
            }
        } catch let error as RPCError {
            throw error
        } catch {
            throw .requestTooLarge(limit: limit)
        }
    }

    private static func refusal(_ error: RPCError) -> Response {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.null()
        writer.key("error")
        error.write(to: &writer)
        writer.endObject()
        return response(writer.bytes())
    }

    private static func response(_ json: [UInt8], _ standing: Standing? = nil) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if let standing, let policy = HTTPField.Name("RateLimit-Policy"), let limit = HTTPField.Name("RateLimit") {
            headers[policy] = standing.policies
            headers[limit] = standing.limits
        }
        let (status, retryAfter) = status(of: json)
        if let retryAfter { headers[.retryAfter] = retryAfter }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }

    /// The status of a single reply; a batch is always 200, its elements have codes of their own.
    private static func status(of json: [UInt8]) -> (HTTPResponse.Status, retryAfter: String?) {
        guard let value = try? JSONValue(parsing: json), let error = value["error"] else { return (.ok, nil) }
        guard case .number(let number)? = error["code"], let code = Int("\(number)") else { return (.ok, nil) }
        return (HTTPResponse.Status(code: GatewayContract.httpStatuses[code] ?? 500), retryAfter(error["data"]))
    }

    /// Seconds, as the header has them.
    static func retryAfter(of error: RPCError) -> String? {
        retryAfter(error.data.flatMap { try? JSONValue(parsing: $0.bytes) })
    }

    private static func retryAfter(_ data: JSONValue?) -> String? {
        if case .string(let text)? = data?["resetsAt"], let end = Timestamp(text) {
            let wait = end.microseconds - Clock.system.now().microseconds
            return String(max(1, (wait + 999_999) / 1_000_000))
        }
        guard case .number(let wait)? = data?["retryAfterMilliseconds"], let milliseconds = Int("\(wait)") else {
            return nil
        }
        return String(max(1, (milliseconds + 999) / 1_000))
    }
}

extension RPCError {
    static let slowBody = RPCError.invalidRequest("The body did not arrive in time.")
}

extension RequestMeta {
    /// - Parameter allowsBasic: for protocols whose clients know nothing else.
    init(headers: HTTPFields, allowsBasic: Bool = false) throws(RPCError) {
        self.init()
        if let authorization = headers[.authorization] {
            if authorization.lowercased().hasPrefix("bearer ") {
                key = String(authorization.dropFirst("Bearer ".count))
            } else if allowsBasic, authorization.lowercased().hasPrefix("basic ") {
                key = try Self.key(ofBasic: String(authorization.dropFirst("Basic ".count)))
            } else {
                throw .unauthenticated("The Authorization header must be 'Bearer' and an API key.")
            }
        }
        if let key = headers.first(where: { $0.name.canonicalName == "idempotency-key" })?.value {
            guard (1...CallContext.maximumIdempotencyKeyLength).contains(key.count) else {
                throw .invalidRequest("An Idempotency-Key has 1 to 255 characters.")
            }
            idempotencyKey = key
        }
        // The only value that means something (https://w3c.github.io/gpc/, section 3.2).
        globalPrivacyControl = headers.first { $0.name.canonicalName == "sec-gpc" }?.value == "1"
        let trace = headers.first { $0.name.canonicalName == "traceparent" }?.value
        // The standard wants one that is wrong to be left aside.
        if let trace, TraceContext.isValid(trace) { traceparent = trace }
    }

    /// The API key of `user:password` in Base64 (RFC 7617): the password, or the user where there is none.
    private static func key(ofBasic text: String) throws(RPCError) -> String {
        guard let bytes = Base64.decode(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw .unauthenticated("The Authorization header has no user and password.")
        }
        let password = bytes[(colon + 1)...]
        return String(decoding: password.isEmpty ? bytes[..<colon] : password, as: UTF8.self)
    }
}
