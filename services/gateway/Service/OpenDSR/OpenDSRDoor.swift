import CommonAPI
import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore
import OpenSSL
import ServiceKit

/// OpenDSR 2.0 over HTTP: other companies send requests of people, ask how they stand, and take them back.
///
/// Each becomes a call of `privacyRequests.*` through the ``Gate``. What the specification leaves open or says twice is
/// settled in `ops/docs/opendsr.md`.
struct OpenDSRDoor: Sendable {
    static let prefix = "/opendsr/v2"
    static let certificatePath = prefix + "/certificate.pem"

    private let door: HTTPDoor
    private let identity: ProcessorIdentity
    /// What this release carries out.
    private let kinds: [PrivacyKind]
    private let clock: ServiceKit.Clock

    init(_ door: HTTPDoor, identity: ProcessorIdentity, kinds: Set<PrivacyKind>, clock: ServiceKit.Clock) {
        self.door = door
        self.identity = identity
        self.kinds = OpenDSRIdentity.kinds.filter(kinds.contains)
        self.clock = clock
    }

    func addRoutes(to router: Hummingbird.Router<HTTPContext>) {
        let routes = router.group(RouterPath(Self.prefix))
        routes.get("discovery") { _, _ in signed(.ok, discovery()) }
        routes.get("certificate.pem") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/x-pem-file"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: identity.certificatePEM)))
        }
        routes.post("requests") { request, context in
            await answer { () throws(RPCError) in try await submit(request, context) }
        }
        // Section 3.1 asks for `/status`, section 8.1 for the request itself: both.
        for path in ["requests/:id", "status/:id"] as [RouterPath] {
            routes.get(path) { request, context in
                await answer { () throws(RPCError) in try await status(request, context) }
            }
        }
        routes.get("requests/:id/results") { request, context in
            await answer { () throws(RPCError) in try await results(request, context) }
        }
        routes.delete("requests/:id") { request, context in
            await answer { () throws(RPCError) in try await cancel(request, context) }
        }
    }

    // MARK: What is asked

    private func discovery() -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.key("api_version")
        writer.string(CallbackMessage.version)
        writer.key("supported_identities")
        writer.beginArray()
        for type in OpenDSRIdentity.types {
            writer.beginObject()
            writer.key("identity_type")
            writer.string(type)
            writer.key("identity_format")
            writer.string("raw")
            writer.endObject()
        }
        writer.endArray()
        writer.key("supported_subject_request_types")
        writer.beginArray()
        for kind in kinds { writer.string(kind.rawValue) }
        writer.endArray()
        writer.key("processor_certificate")
        writer.string("https://\(identity.domain)\(Self.certificatePath)")
        writer.endObject()
        return writer.bytes()
    }

    private func submit(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let calls = try calls(request, context)
        let body = try await HTTPDoor.body(of: request, within: door.bodyTime, upTo: OpenDSRRequest.maximumBytes)
        let read: OpenDSRRequest
        do throws(JSONError) {
            read = try OpenDSRRequest(json: body, unknownMembers: .ignore)
        } catch {
            throw .invalidRequest("\(error.pointer.isEmpty ? "The body" : error.pointer) \(error.message).")
        }
        guard kinds.contains(read.kind) else {
            throw .invalidRequest("/subject_request_type is none that /discovery names.")
        }
        guard let params = read.submission(to: identity.domain) else {
            throw .invalidRequest(
                "/subject_identities is empty, and so is the extension of \(identity.domain): nothing names a person.")
        }
        let taken: PrivacyRequest
        do throws(RPCError) {
            taken = try await PrivacyRequests.Client(calls).submit(params)
        } catch {
            throw error.named(OpenDSRRequest.callbackURLs, for: "/params/callbackUrls")
        }
        var writer = begin(taken, read.id)
        writer.key("received_time")
        taken.receivedAt.write(to: &writer)
        writer.key("expected_completion_time")
        taken.expectedCompletion.write(to: &writer)
        writer.key("encoded_request")
        writer.string(Base64.encode(body))
        writer.endObject()
        return signed(.created, writer.bytes())
    }

    private func status(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let (found, id) = try await find(try calls(request, context), context)
        var writer = begin(found, id)
        writer.key("request_status")
        writer.string(found.status.openDSR)
        writer.key("expected_completion_time")
        found.expectedCompletion.write(to: &writer)
        if found.hasResults(at: clock.now()), let url = Self.resultsURL(of: id, at: identity) {
            writer.key("results_url")
            writer.string(url)
        }
        writer.endObject()
        return signed(.ok, writer.bytes())
    }

    /// Where the copy for a request is; nil where others do not reach the suite, or the request came by no OpenDSR.
    ///
    /// - Parameter id: as its sender calls it.
    static func resultsURL(of id: String, at processor: ProcessorIdentity) -> String? {
        guard let url = processor.publicURL, let id = OpenDSRRequest.id(id) else { return nil }
        return "\(url)\(prefix)/requests/\(id)/results"
    }

    /// The copy that the person asked for, as `privacyRequests.download` gives it.
    private func results(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let calls = try calls(request, context)
        let (found, id) = try await find(calls, context)
        let results = try await OpenDSRResults(of: found.id, through: PrivacyRequests.Client(calls))
        guard let digest = Hexadecimal.decode(results.archive.sha256),
            let headers = try? identity.headers(forSHA256: digest)
        else { throw .internalError("The results of \(found.id) cannot be signed.") }
        var fields: HTTPFields = [.contentType: "application/octet-stream", .cacheControl: "no-store"]
        fields[.contentDisposition] = "attachment; filename=\"\(id).gyre\""
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(status: .ok, headers: fields, body: results.body)
    }

    private func cancel(_ request: Hummingbird.Request, _ context: HTTPContext) async throws(RPCError) -> Response {
        let now = clock.now()
        let calls = try calls(request, context)
        let (found, id) = try await find(calls, context)
        // Taken back twice is taken back.
        if found.status != .cancelled {
            _ = try await PrivacyRequests.Client(calls).cancel(PrivacyRequests.Cancel.Params(id: found.id))
        }
        var writer = begin(found, id)
        writer.key("received_time")
        now.write(to: &writer)
        writer.endObject()
        return signed(.accepted, writer.bytes())
    }

    // MARK: The parts

    private func calls(_ request: Hummingbird.Request, _ context: HTTPContext) throws(RPCError) -> DoorClient {
        DoorClient(door, try RequestMeta(headers: request.headers, allowsBasic: true), from: context.address)
    }

    /// The request that its sender calls as the path says.
    private func find(
        _ calls: DoorClient, _ context: HTTPContext
    ) async throws(RPCError) -> (request: PrivacyRequest, id: String) {
        let text = context.parameters.get("id") ?? ""
        guard let id = OpenDSRRequest.id(text) else {
            throw .invalidRequest("The path must end with the request's UUID of version 4.")
        }
        let page = try await PrivacyRequests.Client(calls).list(PrivacyRequests.List.Params(reference: id))
        guard let request = page.items.first else { throw .notFound("privacy request", id) }
        return (request, id)
    }

    private func begin(_ request: PrivacyRequest, _ id: String) -> JSONWriter {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("api_version")
        writer.string(CallbackMessage.version)
        writer.key("controller_id")
        request.brandId.write(to: &writer)
        writer.key("subject_request_id")
        writer.string(id)
        return writer
    }

    private func answer(_ body: () async throws(RPCError) -> Response) async -> Response {
        do throws(RPCError) {
            return try await body()
        } catch {
            return refusal(error)
        }
    }

    /// Section 7.6. The status is the one of HTTP; 400 for whatever the sender did wrong, as section 7.5 asks, save
    /// where HTTP clients need to know better.
    private func refusal(_ error: RPCError) -> Response {
        let code =
            switch GatewayContract.httpStatuses[Int(error.code)] ?? 500 {
            case 409, 413: 400
            case let status: status
            }
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.int(code)
        writer.key("message")
        writer.string(error.message)
        writer.key("errors")
        writer.beginArray()
        writer.beginObject()
        writer.key("domain")
        writer.string(code < 500 ? "Validation" : "Service")
        writer.key("reason")
        writer.string("\(error.code)")
        writer.key("message")
        writer.string(error.message)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endObject()
        var response = signed(HTTPResponse.Status(code: code), writer.bytes())
        response.headers[.cacheControl] = "no-store"
        if code == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"gyre\", Bearer" }
        if code == 429 || code == 503 { response.headers[.retryAfter] = HTTPDoor.retryAfter(of: error) }
        return response
    }

    /// - Returns: a status 500 when it cannot be signed: unsigned it would be worth nothing.
    private func signed(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
        guard let headers = try? identity.headers(for: body) else { return Response(status: .internalServerError) }
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension RPCError {
    /// The same about a member that the sender knows by another name.
    fileprivate func named(_ name: String, for own: String) -> RPCError {
        guard message.hasPrefix(own) else { return self }
        return RPCError(code: code, message: name + message.dropFirst(own.count), data: data, cause: cause)
    }
}

extension PrivacyRequest {
    /// When it was answered, or will be at the latest: its deadline, or until the brand's calendar is known, an estimate.
    fileprivate var expectedCompletion: Timestamp {
        endedAt ?? dueAt ?? PrivacyDeadlines.estimate(kind, regulation, receivedAt)
    }

    /// Whether a copy for the person can be had.
    fileprivate func hasResults(at now: Timestamp) -> Bool {
        guard status == .completed, let archive else { return false }
        return archive.removedAt == nil && now < archive.expiresAt && archive.downloadsLeft > 0
    }
}
