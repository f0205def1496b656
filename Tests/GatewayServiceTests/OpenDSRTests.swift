import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceKit
import Testing

@testable import GatewayService

/// OpenDSR 2.0 over HTTP, with the bodies of its specification and of its clients.
@Suite(.timeLimit(.minutes(1))) struct OpenDSRTests {
    private static let id = "a7551968-d5d6-44b2-9831-815ac9017798"

    /// The request of section 7.2, as it would be sent in version 2.0.
    private static let example = """
        {
          "regulation": "gdpr",
          "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
          "subject_request_type": "erasure",
          "submitted_time": "2018-10-02T15:00:00Z",
          "subject_identities": [
            {
              "identity_type": "email",
              "identity_value": "johndoe@example.com",
              "identity_format": "raw"
            }
          ],
          "api_version": "2.0",
          "status_callback_urls": [
            "https://examplecontroller.com/opendsr_callbacks"
          ],
          "extensions": {
            "example-processor.com": {
              "foo-processor-custom-id": 123456,
              "property_id": "123456"
            },
            "example-other-processor.com": {
              "foo-other-processor-custom-id": 654321
            }
          }
        }
        """

    /// What mParticleOpenDSRErasureTool sends: a day for a time, and mpids beyond what a double holds.
    private static let clientExample = """
        {
            "regulation": "gdpr",
            "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
            "subject_request_type": "erasure",
            "submitted_time": "2022-01-05",
            "api_version": "2.0",
            "status_callback_urls": ["https://webhook.site/4b45cae0-2ffc-422c-bbdb-930845839a8d"],
            "extensions": {
                "opendsr.mparticle.com": {"mpids": [-7201284209016359738, 8624881018980390275]}
            }
        }
        """

    @Test("Discovery names what can be sent, and where the certificate is that signed it")
    func discovery() async throws {
        let gateway = try await GatewayUnderTest(["GYRE_PROCESSOR_DOMAIN": "processor.example"], keys: [])
        let reply = try await Self.send("GET", "/opendsr/v2/discovery", to: gateway)
        #expect(reply.status == 200 && reply.json["api_version"]?.string == "2.0")
        #expect(reply.json[pointer: "/supported_identities/3/identity_type"]?.string == "email")
        #expect(reply.json[pointer: "/supported_identities/3/identity_format"]?.string == "raw")
        #expect(reply.json[pointer: "/supported_subject_request_types"] != nil)
        #expect(
            reply.json["processor_certificate"]?.string == "https://processor.example/opendsr/v2/certificate.pem")
        #expect(reply.headers["x-opendsr-processor-domain"] == "processor.example")
        try await gateway.stop(crashing: true)
    }

    @Test(
        "The specification's request is taken, and every answer signed for openssl",
        .enabled(if: OpenSSLCommand.isThere))
    func example() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(["GYRE_PROCESSOR_DOMAIN": "processor.example"], keys: [key])
        let reply = try await Self.send("POST", "/opendsr/v2/requests", Self.example, key: key, to: gateway)
        #expect(reply.status == 201, "\(reply.text)")
        #expect(reply.json["subject_request_id"]?.string == Self.id)
        #expect(reply.json["controller_id"]?.string == "\(GatewayUnderTest.brand)")
        #expect(reply.json["encoded_request"]?.string == Base64.encode(Array(Self.example.utf8)))
        #expect(reply.json["received_time"] != nil && reply.json["expected_completion_time"] != nil)
        // Section 7.3 wants `processor_signature` in the body that it signs, which no body can have.
        #expect(reply.json["processor_signature"] == nil)

        let status = try await Self.send("GET", "/opendsr/v2/requests/\(Self.id)", key: key, to: gateway)
        #expect(status.status == 200 && ["pending", "in_progress"].contains(status.json["request_status"]?.string))
        let alias = try await Self.send("GET", "/opendsr/v2/status/\(Self.id)", key: key, to: gateway)
        #expect(alias.status == 200 && alias.json["subject_request_id"]?.string == Self.id)

        let certificate = try await Self.send("GET", "/opendsr/v2/certificate.pem", to: gateway)
        for signed in [reply, status, alias] {
            let signature = try #require(signed.headers["x-opendsr-signature"])
            #expect(
                try OpenSSLCommand.verifies(
                    signature, of: Array(signed.text.utf8), certificate: Array(certificate.text.utf8)))
        }
        try await gateway.stop(crashing: true)
    }

    @Test("The text's own example, with its superfluous comma and without the regulation it requires")
    func printedExample() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        let comma = Self.example.replacingOccurrences(
            of: "\"property_id\": \"123456\"", with: "\"property_id\": \"123456\",")
        let refused = try await Self.send("POST", "/opendsr/v2/requests", comma, key: key, to: gateway)
        #expect(refused.status == 400 && refused.json[pointer: "/error/code"] == .number(JSONNumber(400)))
        let bare = Self.example.replacingOccurrences(of: "\"regulation\": \"gdpr\",", with: "")
        let taken = try await Self.send("POST", "/opendsr/v2/requests/", bare, key: key, to: gateway)
        #expect(taken.status == 201, "\(taken.text)")
        try await gateway.stop(crashing: true)
    }

    @Test("What a real client sends is taken when its extension is for this processor, and refused when it is not")
    func client() async throws {
        let key = TestKey(1)
        let own = try await GatewayUnderTest(["GYRE_PROCESSOR_DOMAIN": "opendsr.mparticle.com"], keys: [key])
        let taken = try await Self.send("POST", "/opendsr/v2/requests/", Self.clientExample, key: key, to: own)
        #expect(taken.status == 201, "\(taken.text)")
        try await own.stop(crashing: true)
        let other = try await GatewayUnderTest(["GYRE_PROCESSOR_DOMAIN": "processor.example"], keys: [key])
        let refused = try await Self.send("POST", "/opendsr/v2/requests/", Self.clientExample, key: key, to: other)
        #expect(refused.status == 400)
        #expect(
            refused.json[pointer: "/error/message"]?.string
                == "/subject_identities is empty, and so is the extension of processor.example: nothing names a person."
        )
        try await other.stop(crashing: true)
    }

    @Test("Numbers of 64 bits with a sign arrive as they were written")
    func numbers() throws {
        let request = try OpenDSRRequest(json: Array(Self.clientExample.utf8), unknownMembers: .ignore)
        let params = try #require(request.submission(to: "opendsr.mparticle.com"))
        #expect(params.identifiers.map(\.type) == ["mpid", "mpid"])
        #expect(params.identifiers.map(\.value) == ["-7201284209016359738", "8624881018980390275"])
        #expect(params.submittedAt?.description == "2022-01-05T00:00:00Z")
    }

    @Test("An identity is looked for under OpenDSR's name and under Gyre's")
    func identities() {
        func types(_ type: String) -> [String] { OpenDSRIdentity(type: type, value: "x").identifiers.map(\.type) }
        #expect(types("controller_customer_id") == ["customerId"])
        #expect(types("email") == ["email"])
        #expect(types("ios_vendor_id") == ["ios_vendor_id", "iosVendorId"])
    }

    @Test("An API key comes as Bearer, or as the password or the user of Basic")
    func keys() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        let text = key.key.text
        for credentials in ["Bearer \(text)", Self.basic("any", text), Self.basic(text, "")] {
            let reply = try await Self.send(
                "GET", "/opendsr/v2/requests/\(Self.id)", authorization: credentials, to: gateway)
            #expect(reply.status == 404, "\(credentials): \(reply.text)")
        }
        for credentials in [nil, "Digest x", "Basic !", Self.basic("a", "b"), "Bearer gy_live_x"] {
            let reply = try await Self.send(
                "GET", "/opendsr/v2/requests/\(Self.id)", authorization: credentials, to: gateway)
            #expect(reply.status == 401 && reply.headers["www-authenticate"] == "Basic realm=\"gyre\", Bearer")
            #expect(reply.json[pointer: "/error/errors/0/reason"]?.string == "-32001")
        }
        try await gateway.stop(crashing: true)
    }

    @Test("Another brand's request is not there")
    func otherBrand() async throws {
        let (mine, other) = (TestKey(1), TestKey(2, brand: TestKey(2).id))
        let gateway = try await GatewayUnderTest(keys: [mine, other])
        _ = try await Self.send("POST", "/opendsr/v2/requests", Self.example, key: mine, to: gateway)
        for method in ["GET", "DELETE"] {
            let reply = try await Self.send(method, "/opendsr/v2/requests/\(Self.id)", key: other, to: gateway)
            #expect(reply.status == 404)
        }
        let again = try await Self.send("POST", "/opendsr/v2/requests", Self.example, key: other, to: gateway)
        #expect(again.status == 201)
        try await gateway.stop(crashing: true)
    }

    @Test("A request sent twice is taken once, and another one under its id is refused")
    func twice() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        let first = try await Self.send("POST", "/opendsr/v2/requests", Self.example, key: key, to: gateway)
        let second = try await Self.send("POST", "/opendsr/v2/requests", Self.example, key: key, to: gateway)
        #expect(second.status == 201 && second.json["received_time"] == first.json["received_time"])
        let other = Self.example.replacingOccurrences(of: "johndoe", with: "janedoe")
        let refused = try await Self.send("POST", "/opendsr/v2/requests", other, key: key, to: gateway)
        #expect(refused.status == 400 && !refused.text.contains("janedoe"))
        try await gateway.stop(crashing: true)
    }

    @Test("A request is taken back while it is pending, and not once it is carried out")
    func cancellation() async throws {
        let key = TestKey(1)
        // Signals says whom a request means, and no more: it goes on for ever.
        let gateway = try await GatewayUnderTest(
            keys: [key],
            signals: { _, reply in
                reply?.succeed { writer in
                    writer.beginObject()
                    writer.key("people")
                    writer.int(0)
                    writer.endObject()
                }
            })
        let params =
            #"{"identifiers":[{"type":"email","value":"a@example.org"}],"identity":"code","reference":"\#(Self.id)"}"#
        _ = try await gateway.call("privacyRequests.submit", params, key: key).get()
        let path = "/opendsr/v2/requests/\(Self.id)"
        let pending = try await Self.send("GET", path, key: key, to: gateway)
        #expect(pending.json["request_status"]?.string == "pending")
        for _ in 0..<2 {
            let reply = try await Self.send("DELETE", path, key: key, to: gateway)
            #expect(reply.status == 202 && reply.json["subject_request_id"]?.string == Self.id)
            #expect(reply.json["received_time"] != nil && reply.headers["x-opendsr-signature"] != nil)
        }
        let cancelled = try await Self.send("GET", path, key: key, to: gateway)
        #expect(cancelled.json["request_status"]?.string == "cancelled")

        let begun = "b7551968-d5d6-44b2-9831-815ac9017798"
        let example = Self.example.replacingOccurrences(of: Self.id, with: begun)
        _ = try await Self.send("POST", "/opendsr/v2/requests", example, key: key, to: gateway)
        while true {
            let status = try await Self.send("GET", "/opendsr/v2/requests/\(begun)", key: key, to: gateway)
            if status.json["request_status"]?.string == "in_progress" { break }
        }
        let refused = try await Self.send("DELETE", "/opendsr/v2/requests/\(begun)", key: key, to: gateway)
        #expect(refused.status == 400 && refused.text.contains("cannot become cancelled"))
        try await gateway.stop(crashing: true)
    }

    @Test(
        "What is wrong with a body is said with its place, and without its values",
        arguments: [
            (
                #""a7551968-d5d6-44b2-9831-815ac9017798""#, #""a7551968-d5d6-14b2-9831-815ac9017798""#,
                "/subject_request_id must be a UUID of version 4."
            ),
            (#""subject_request_type": "erasure","#, "", "/subject_request_type is required."),
            (#""erasure""#, #""rectification""#, "/subject_request_type must be access, portability or erasure."),
            (#""gdpr""#, #""lgpd""#, "/regulation must be gdpr or ccpa."),
            (
                #""2018-10-02T15:00:00Z""#, #""yesterday""#,
                "/submitted_time must be a time as in RFC 3339, such as 2026-01-31T15:00:00Z."
            ),
            (
                #""raw""#, #""sha256""#,
                "/subject_identities/0 must have the identity_format raw: a hash does not lead to the person's data."
            ),
            (#""email""#, #""shoe_size""#, "/subject_identities/0 has an identity_type that /discovery does not name."),
            (#""2.0""#, #""1.0""#, "/api_version must be 2.0, which is what this endpoint speaks."),
            (
                "https://examplecontroller.com", "ftp://examplecontroller.com",
                "/status_callback_urls/0: does not begin with https://"
            ),
        ])
    func badBodies(_ part: String, _ other: String, _ message: String) async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        let body = Self.example.replacingOccurrences(of: part, with: other)
        #expect(body != Self.example)
        let reply = try await Self.send("POST", "/opendsr/v2/requests", body, key: key, to: gateway)
        #expect(reply.status == 400 && reply.json[pointer: "/error/message"]?.string == message, "\(reply.text)")
        #expect(!reply.text.contains("johndoe"))
        try await gateway.stop(crashing: true)
    }

    @Test("A body has 64 KiB at most")
    func size() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        let space = String(repeating: " ", count: OpenDSRRequest.maximumBytes - Self.example.utf8.count)
        let longest = try await Self.send("POST", "/opendsr/v2/requests", Self.example + space, key: key, to: gateway)
        #expect(longest.status == 201)
        let longer = try await Self.send(
            "POST", "/opendsr/v2/requests", Self.example + space + " ", key: key, to: gateway)
        #expect(longer.status == 400)
        try await gateway.stop(crashing: true)
    }

    // MARK: Parts

    private struct Answer {
        let status: Int
        let headers: [String: String]
        let text: String
        var json: JSONValue { (try? JSONValue(parsing: Array(text.utf8))) ?? .null }
    }

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
    }

    private static func send(
        _ method: String, _ path: String, _ body: String = "", key: TestKey, to gateway: GatewayUnderTest
    ) async throws -> Answer {
        try await send(method, path, body, authorization: "Bearer \(key.key.text)", to: gateway)
    }

    private static func send(
        _ method: String, _ path: String, _ body: String = "", authorization: String? = nil,
        to gateway: GatewayUnderTest
    ) async throws -> Answer {
        let stream = RawStream(port: try await gateway.httpPort)
        let credentials = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        await stream.send(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(credentials)Content-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        let text = try #require(await stream.read())
        let parts = try #require(text.range(of: "\r\n\r\n"))
        let lines = text[..<parts.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let status = try #require(Int(lines[0].split(separator: " ")[1]))
        return Answer(status: status, headers: headers, text: String(text[parts.upperBound...]))
    }
}
