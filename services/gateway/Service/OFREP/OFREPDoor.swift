import ExperimentsAPI
import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore

/// OpenFeature's Remote Evaluation Protocol over HTTP: each experiment is a flag.
///
/// Evaluations are calls of `assignments.evaluate` through the ``Gate``; where a sticky experiment decided and keeps
/// nothing yet, `assignments.assign` follows, if the key may call it.
struct OFREPDoor: Sendable {
    static let prefix = "/ofrep/v1/evaluate/flags"

    private let door: HTTPDoor

    init(_ door: HTTPDoor) {
        self.door = door
    }

    func addRoutes(to router: Hummingbird.Router<HTTPContext>) {
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
            return Self.tagged(writer.bytes(), unless: request.headers[.ifNoneMatch])
        } catch {
            return Self.refusal(error, key: nil)
        }
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
        guard let unsaved = evaluated.unsaved, !unsaved.isEmpty else { return evaluated }
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

    private static func tagged(_ body: [UInt8], unless header: String?) -> Response {
        let tag = EntityTag.of(body)
        guard !EntityTag.matches(header, tag) else {
            return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-cache"])
        }
        var response = response(.ok, body)
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
