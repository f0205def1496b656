import ExperimentsAPI
import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore

/// What GrowthBook's SDKs ask, with a ``ClientKey`` in the path: the features, what they come to for one unit, that they
/// have changed, and where exposures go.
struct GrowthBookDoor: Sendable {
    /// Bytes of a body.
    static let maximumBytes = 256 << 10
    /// Exposures that one call records.
    static let maximumItems = 500
    /// The event that brings the features, for keys that may read them.
    static let allFeatures = "features"
    /// The event that says that there are others, for keys that may only have them evaluated.
    static let somethingNew = "features-updated"

    private let door: HTTPDoor
    private let streams: FeatureStreams

    /// - Parameter streams: where the port's listeners for changes are.
    init(_ door: HTTPDoor, _ streams: FeatureStreams) {
        self.door = door
        self.streams = streams
    }

    func addRoutes(to router: Hummingbird.Router<HTTPContext>) {
        let routes = router.group().add(middleware: CrossOrigin())
        routes.open("api/features/:key", .get) { request, context in
            await answer { () throws(RPCError) in try await features(request, context) }
        }
        routes.open("api/eval/:key", .post) { request, context in
            await answer { () throws(RPCError) in try await evaluate(request, context) }
        }
        routes.open("track", .post) { request, context in
            await answer { () throws(RPCError) in try await track(request, context) }
        }
        routes.open("sub/:key", .get) { request, context in
            await answer { () throws(RPCError) in try await stream(request, context) }
        }
    }

    // MARK: What is asked

    private func features(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let (_, calls) = try await client(context.parameters.get("key"), context)
        let known = EntityTag.named(in: request.headers[.ifNoneMatch])
        let features = try await Features.Client(calls).get(
            Features.Get.Params(knownTag: known.first { (1...64).contains($0.utf8.count) }))
        var headers: HTTPFields = [.eTag: EntityTag.quoted(features.tag), .cacheControl: "public, no-cache"]
        headers.announceStreams()
        guard let rules = features.features, !known.contains(features.tag), !known.contains("*") else {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/json"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: Self.payload(rules, since: features.changedAt))))
    }

    private func evaluate(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let (_, calls) = try await client(context.parameters.get("key"), context)
        let body = try await HTTPDoor.body(of: request, within: door.bodyTime, upTo: Self.maximumBytes)
        let evaluated = try await Features.Client(calls).evaluate(try RemoteEvaluation.params(body))
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        headers.announceStreams()
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(
                byteBuffer: ByteBuffer(bytes: Self.payload(evaluated.features, since: evaluated.changedAt))))
    }

    /// Records the exposures among the events that a plugin sends; what else it sends is counted.
    private func track(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let (_, calls) = try await client(request.uri.queryParameters.get("client_key"), context)
        let body = try await HTTPDoor.body(of: request, within: door.bodyTime, upTo: Self.maximumBytes)
        var tracked = try TrackedExposures(body)
        let exposures = ExperimentExposures.Client(calls)
        var counts: [ItemStatus: Int] = [:]
        for start in stride(from: 0, to: tracked.items.count, by: Self.maximumItems) {
            let part = Array(tracked.items[start..<min(start + Self.maximumItems, tracked.items.count)])
            let reply = try await exposures.record(ExperimentExposures.Record.Params(items: part.map(\.item)))
            for (verdict, place) in zip(reply.verdicts, part.map(\.index)) {
                if verdict.status == .rejected {
                    tracked.reject(place, verdict.message ?? "is refused")
                } else {
                    counts[verdict.status, default: 0] += 1
                }
            }
        }
        return Self.tracked(tracked, counts)
    }

    private static func tracked(_ tracked: TrackedExposures, _ counts: [ItemStatus: Int]) -> Response {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("status")
        writer.int(200)
        writer.key("accepted")
        writer.int(counts[.accepted] ?? 0)
        writer.key("duplicates")
        writer.int(counts[.duplicate] ?? 0)
        writer.key("ignored")
        writer.int(tracked.others)
        writer.key("rejected")
        writer.beginArray()
        for rejection in tracked.rejections {
            writer.beginObject()
            writer.key("index")
            writer.int(rejection.index)
            writer.key("message")
            writer.string(rejection.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes())))
    }

    private func stream(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let (key, calls) = try await client(context.parameters.get("key"), context)
        let name = key.readsFeatures ? Self.allFeatures : Self.somethingNew
        guard let latest = try await Self.look(name, known: nil, calls) else {
            throw .internalError("Features that nobody knows are said to be known.")
        }
        var headers = HTTPFields()
        headers.announceStreams()
        return try streams.response(key.text, latest: latest, known: request.headers.lastEventID, headers)
    }

    // MARK: The parts

    /// What is new of the features.
    ///
    /// - Parameters:
    ///   - event: ``allFeatures`` or ``somethingNew``.
    ///   - known: the id of the last one; nil: anything is new.
    static func look(
        _ event: String, known: String?, _ calls: DoorClient
    ) async throws(RPCError) -> FeatureStreams.Event? {
        if event == allFeatures {
            let reply = try await Features.Client(calls).get(Features.Get.Params(knownTag: known))
            return reply.features.map {
                FeatureStreams.Event(event, id: reply.tag, data: payload($0, since: reply.changedAt))
            }
        }
        let reply = try await Features.Client(calls).evaluate(Features.Evaluate.Params())
        let id = "\(reply.configVersion)-\(reply.changedAt.microseconds)"
        return id == known ? nil : FeatureStreams.Event(event, id: id, data: Array("{}".utf8))
    }

    private func client(
        _ text: String?, _ context: HTTPContext
    ) async throws(RPCError) -> (key: ClientKey, calls: DoorClient) {
        let text = text ?? ""
        let key = try ClientKey(text, granted: try await door.proveClientKey(text, from: context.address))
        return (key, DoorClient(door, key: text, from: context.address))
    }

    /// Clients take `dateUpdated` for the version of the whole.
    static func payload(_ features: JSONRaw, since time: Timestamp) -> [UInt8] {
        var writer = JSONWriter(capacity: features.bytes.count + 128)
        writer.beginObject()
        writer.key("status")
        writer.int(200)
        writer.key("features")
        writer.raw(features)
        writer.key("experiments")
        writer.beginArray()
        writer.endArray()
        writer.key("savedGroups")
        writer.beginObject()
        writer.endObject()
        writer.key("dateUpdated")
        writer.string("\(time)")
        writer.endObject()
        return writer.bytes()
    }

    private func answer(_ body: () async throws(RPCError) -> Response) async -> Response {
        do throws(RPCError) {
            return try await body()
        } catch {
            return Self.refusal(error)
        }
    }

    static func refusal(_ error: RPCError) -> Response {
        let status = GatewayContract.httpStatuses[error.code] ?? 500
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("status")
        writer.int(status)
        writer.key("error")
        writer.string(error.message)
        writer.endObject()
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if status == 429 || status == 503 { headers[.retryAfter] = HTTPDoor.retryAfter(of: error) }
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes())))
    }
}

extension HTTPFields {
    /// Tells GrowthBook's SDKs that they may listen for changes.
    fileprivate mutating func announceStreams() {
        if let name = HTTPField.Name("x-sse-support") { self[name] = "enabled" }
    }
}
