import ExperimentsAPI
import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore
import OpenSSL
import ServiceContract

/// OpenFeature's Remote Evaluation Protocol over HTTP: each experiment is a flag.
///
/// Evaluations are calls of `assignments.evaluate` through the ``Gate``; where a sticky experiment decided and keeps
/// nothing yet, `assignments.assign` follows, if the key may call it.
struct OFREPDoor: Sendable {
    static let prefix = "/ofrep/v1/evaluate/flags"
    /// Where clients listen for changes (ADR 8 of the protocol).
    static let streamPrefix = "/ofrep/v1/streams"
    /// The event that says that there are other flags; its data say what it is.
    static let event = "message"
    /// Seconds after which a client that nobody looks at ends its stream.
    static let inactivitySeconds = 120

    private let door: HTTPDoor
    private let streams: FeatureStreams
    private let tokens: StreamTokens

    /// - Parameter streams: where the port's listeners for changes are.
    init(_ door: HTTPDoor, _ streams: FeatureStreams, _ tokens: StreamTokens) {
        self.door = door
        self.streams = streams
        self.tokens = tokens
    }

    func addRoutes(to router: Hummingbird.Router<HTTPContext>) {
        let listeners = router.group(RouterPath(Self.streamPrefix)).add(middleware: CrossOrigin())
        listeners.open(":token", .get) { request, context in await stream(request, context) }
        let routes = router.group(RouterPath(Self.prefix)).add(middleware: CrossOrigin())
        routes.open("", .post) { request, context in await all(request, context) }
        routes.open(":key", .post) { request, context in await one(request, context) }
    }

    // MARK: What is asked

    private func one(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        let key = context.parameters.get("key") ?? ""
        do throws(RPCError) {
            let evaluated = try await evaluate([key], request, context)
            guard let assignment = evaluated.assignments.first else { throw .notFound("experiment", key) }
            let answer = OFREPAnswer(assignment, configVersion: evaluated.configVersion)
            if case .failed = answer { return Self.response(.badRequest, answer.json()) }
            return Self.response(.ok, answer.json())
        } catch {
            return Self.refusal(error, key: key)
        }
    }

    private func all(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        do throws(RPCError) {
            let evaluated = try await evaluate(nil, request, context)
            var writer = JSONWriter(capacity: 4_096)
            writer.beginObject()
            writer.key("flags")
            writer.beginArray()
            for assignment in evaluated.assignments {
                OFREPAnswer(assignment, configVersion: evaluated.configVersion).write(to: &writer)
            }
            writer.endArray()
            writer.key("metadata")
            writer.beginObject()
            writer.key("configVersion")
            writer.int(evaluated.configVersion)
            writer.endObject()
            writer.endObject()
            return Self.tagged(
                writer.bytes(), unless: request.headers[.ifNoneMatch],
                streams: try address(for: try RequestMeta(openFeature: request.headers).key))
        } catch {
            return Self.refusal(error, key: nil)
        }
    }

    /// Says when there are other flags, until the client goes or the key opens nothing any more.
    private func stream(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        guard let key = tokens.key(of: context.parameters.get("token") ?? "") else {
            if let refusal = await door.charge(context.address) { return refusal }
            return Self.refusal(.notFound("event stream", "of this address; ask for all flags again"), key: nil)
        }
        do throws(RPCError) {
            guard let latest = try await Self.look(known: nil, DoorClient(door, key: key, from: context.address)) else {
                throw .internalError("Flags that nobody knows are said to be known.")
            }
            return try streams.response(key, latest: latest, known: request.headers.lastEventID)
        } catch {
            return Self.refusal(error, key: nil)
        }
    }

    /// What is new of the flags: whatever anybody's evaluation depends on changes that of nobody in particular.
    ///
    /// - Parameter known: the id of the last event; nil: anything is new.
    static func look(known: String?, _ calls: DoorClient) async throws(RPCError) -> FeatureStreams.Event? {
        let evaluated = try await Assignments.Client(calls).evaluate(Assignments.Evaluate.Params())
        let id = Hexadecimal.encode(Array(SHA256.hash(evaluated.json()).bytes.prefix(16)))
        guard id != known else { return nil }
        var data = JSONWriter(capacity: 96)
        data.beginObject()
        data.key("type")
        data.string("refetchEvaluation")
        data.key("etag")
        data.string(id)
        data.endObject()
        return FeatureStreams.Event(event, id: id, data: data.bytes())
    }

    /// Where a client with a key listens for changes, as a member of its answer.
    private func address(for key: String?) throws(RPCError) -> [UInt8] {
        let token: String
        do {
            token = try tokens.token(of: key ?? "")
        } catch {
            throw .internalError("A key cannot be sealed: \(error)")
        }
        let streams: JSONValue = [
            [
                "type": "sse", "endpoint": ["requestUri": .string("\(Self.streamPrefix)/\(token)")],
                "inactivityDelaySec": .number(JSONNumber(Self.inactivitySeconds)),
            ]
        ]
        return Array(",\"eventStreams\":".utf8) + streams.json()
    }

    /// Evaluates what is asked, and keeps what is to be kept.
    private func evaluate(
        _ keys: [String]?, _ request: Hummingbird.Request, _ context: HTTPContext
    ) async throws(RPCError) -> Assignments.Evaluate.Reply {
        let calls = DoorClient(door, try RequestMeta(openFeature: request.headers), from: context.address)
        let body = try await HTTPDoor.body(of: request, within: door.bodyTime)
        let attributes = try OFREPContext(body).attributes
        let client = Assignments.Client(calls)
        let evaluated = try await client.evaluate(
            Assignments.Evaluate.Params(attributes: attributes, experiments: keys))
        guard evaluated.unsaved != nil || evaluated.unentered != nil else { return evaluated }
        do throws(RPCError) {
            let kept = try await client.assign(Assignments.Assign.Params(attributes: attributes, experiments: keys))
            return Assignments.Evaluate.Reply(assignments: kept.assignments, configVersion: kept.configVersion)
        } catch {
            // The key may not keep it, or of this unit nothing is kept: it is decided all the same.
            guard [RPCError.Code.forbidden, RPCError.Code.suppressed].contains(error.code) else { throw error }
            return evaluated
        }
    }

    // MARK: What is answered

    /// - Parameter streams: a member that the body gets and that its tag says nothing of.
    private static func tagged(_ body: [UInt8], unless header: String?, streams: [UInt8]) -> Response {
        let tag = EntityTag.of(body)
        guard !EntityTag.matches(header, tag) else {
            return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-cache"])
        }
        var response = response(.ok, Array(body.dropLast()) + streams + Array("}".utf8))
        response.headers[.eTag] = tag
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    private static func response(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// - Parameter key: of the flag; nil where all were asked for.
    static func refusal(_ error: RPCError, key: String?) -> Response {
        let (status, code) = openFeature(error, isAboutOne: key != nil)
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        if let key {
            writer.key("key")
            writer.string(key)
        }
        writer.key("errorCode")
        writer.string(code.rawValue)
        writer.key("errorDetails")
        writer.string(error.message)
        writer.endObject()
        var response = response(HTTPResponse.Status(code: status), writer.bytes())
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        if status == 429 || status == 503 { response.headers[.retryAfter] = HTTPDoor.retryAfter(of: error) }
        return response
    }

    /// The status of HTTP and the protocol's code.
    static func openFeature(_ error: RPCError, isAboutOne: Bool) -> (status: Int, code: OFREPAnswer.ErrorCode) {
        switch error.code {
        case RPCError.Code.notFound: (404, .flagNotFound)
        // What has no form of a key is no flag's.
        case RPCError.Code.invalidParams where isAboutOne && error.message.hasPrefix("/params/experiments"):
            (404, .flagNotFound)
        case RPCError.Code.invalidParams: (400, .invalidContext)
        case RPCError.Code.parseError: (400, .parse)
        default: (GatewayContract.httpStatuses[Int(error.code)] ?? 500, .general)
        }
    }
}

extension RequestMeta {
    /// - Parameter headers: with the key as Bearer or as `X-API-Key`.
    init(openFeature headers: HTTPFields) throws(RPCError) {
        try self.init(headers: headers)
        if key == nil { key = headers.first { $0.name.canonicalName == "x-api-key" }?.value }
        // Nothing here is a call that is sent twice.
        idempotencyKey = nil
    }
}
