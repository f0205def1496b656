import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceKit
import Testing

@testable import GatewayService

/// OpenDSR as other companies reach it: over TLS.
@Suite(.enabled(if: TestCertificate.isThere, TestCertificate.missing), .timeLimit(.minutes(2)))
struct OpenDSRTLSTests {
    private static let id = "a7551968-d5d6-44b2-9831-815ac9017798"
    private static let domain = ["GYRE_PROCESSOR_DOMAIN": "processor.example"]

    private static func body(_ kind: String) -> String {
        """
        {"regulation":"gdpr","subject_request_id":"\(id)","subject_request_type":"\(kind)",
         "submitted_time":"2026-01-31T15:00:00Z",
         "subject_identities":[{"identity_type":"email","identity_value":"a@example.org","identity_format":"raw"}]}
        """
    }

    @Test("Every answer over TLS is signed for the certificate that is there, refusals among them")
    func signatures() async throws {
        let company = try await Company(Self.domain)
        let certificate = try await company.send("GET", "/opendsr/v2/certificate.pem", isAnonymous: true).body
        let answers = [
            (201, try await company.send("POST", "/opendsr/v2/requests", Self.body("erasure"))),
            (200, try await company.send("GET", "/opendsr/v2/discovery", isAnonymous: true)),
            (200, try await company.send("GET", "/opendsr/v2/requests/\(Self.id)")),
            (200, try await company.send("GET", "/opendsr/v2/status/\(Self.id)")),
            (400, try await company.send("POST", "/opendsr/v2/requests", "{}")),
            (400, try await company.send("GET", "/opendsr/v2/requests/\(Self.id)/results")),
            (401, try await company.send("DELETE", "/opendsr/v2/requests/\(Self.id)", isAnonymous: true)),
            (404, try await company.send("GET", "/opendsr/v2/requests/b\(Self.id.dropFirst())")),
        ]
        for (status, answer) in answers {
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.headers["x-opendsr-processor-domain"] == "processor.example")
            let signature = try #require(answer.headers["x-opendsr-signature"], "\(answer.text)")
            #expect(try OpenSSLCommand.verifies(signature, of: answer.body, certificate: certificate))
            #expect(try !OpenSSLCommand.verifies(signature, of: answer.body + [0x20], certificate: certificate))
        }
        try await company.stop()
    }

    @Test("A copy is at its results_url once it was approved and written, signed, five times, and then no more")
    func results() async throws {
        let company = try await Company(Self.domain)
        let certificate = try await company.send("GET", "/opendsr/v2/certificate.pem", isAnonymous: true).body
        _ = try await company.send("POST", "/opendsr/v2/requests", Self.body("access"))
        let path = "/opendsr/v2/requests/\(Self.id)"
        let early = try await company.send("GET", path)
        #expect(early.json["request_status"]?.string == "pending" && early.json["results_url"] == nil)
        #expect(try await company.send("GET", path + "/results").status == 400)
        try await company.approve(Self.id)
        let status = try await company.completed(path)
        #expect(status.json["results_url"]?.string == "https://processor.example\(path)/results")
        #expect(try await company.send("GET", path + "/results", isAnonymous: true).status == 401)

        let archive = try #require(try await company.request(Self.id).archive)
        for left in (0..<5).reversed() {
            let copy = try await company.send("GET", path + "/results")
            #expect(copy.status == 200 && copy.headers["content-length"] == "\(archive.bytes)")
            #expect(copy.headers["content-type"] == "application/octet-stream")
            #expect(copy.headers["content-disposition"] == "attachment; filename=\"\(Self.id).gyre\"")
            #expect(SHA256.hash(copy.body).description == archive.sha256)
            let signature = try #require(copy.headers["x-opendsr-signature"])
            #expect(try OpenSSLCommand.verifies(signature, of: copy.body, certificate: certificate))
            #expect(try await company.request(Self.id).archive?.downloadsLeft == left)
        }
        let sixth = try await company.send("GET", path + "/results")
        #expect(sixth.status == 400 && sixth.text.contains("was downloaded 5 times"))
        #expect(try await company.send("GET", path).json["results_url"] == nil)
        try await company.stop()
    }

    @Test("Another brand's copy is not there, and an erasure has none")
    func noResults() async throws {
        let other = TestKey(2, brand: TestKey(2).id)
        let company = try await Company(Self.domain, others: [other])
        _ = try await company.send("POST", "/opendsr/v2/requests", Self.body("portability"))
        let path = "/opendsr/v2/requests/\(Self.id)"
        try await company.approve(Self.id)
        _ = try await company.completed(path)
        #expect(try await company.send("GET", path + "/results", key: other).status == 404)
        _ = try await company.send("POST", "/opendsr/v2/requests", Self.body("erasure"), key: other)
        let refused = try await company.send("GET", path + "/results", key: other)
        #expect(refused.status == 400 && refused.text.contains("of the kind erasure"))
        try await company.stop()
    }

    @Test("Where nobody has said under which host others reach the suite, there is no results_url")
    func noDomain() async throws {
        let company = try await Company([:])
        _ = try await company.send("POST", "/opendsr/v2/requests", Self.body("access"))
        try await company.approve(Self.id)
        let path = "/opendsr/v2/requests/\(Self.id)"
        #expect(try await company.completed(path).json["results_url"] == nil)
        #expect(try await company.send("GET", path + "/results").status == 200)
        try await company.stop()
    }
}

/// Another company, and the gateway that it reaches over TLS, whose services know nobody.
private struct Company {
    let gateway: GatewayUnderTest
    private let certificate: TestCertificate
    private let key = TestKey(1)

    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    init(_ settings: [String: String], others: [TestKey] = []) async throws {
        certificate = try TestCertificate()
        gateway = try await GatewayUnderTest(
            certificate.settings.merging(["GYRE_TLS_HTTP_PORT": "0"]) { $1 }.merging(settings) { $1 },
            keys: [key] + others
        ) { _, reply in reply?.succeed { GatewayUnderTest.knowsNobody(&$0) } }
    }

    func send(
        _ method: String, _ path: String, _ body: String = "", key: TestKey? = nil, isAnonymous: Bool = false
    ) async throws -> Answer {
        let credentials = isAnonymous ? "" : "Authorization: Bearer \((key ?? self.key).key.text)\r\n"
        let bytes = try await TLSClient.connect(
            to: gateway.tlsPort("http"), trusting: certificate.chain
        ) { client in
            try await client.send(
                "\(method) \(path) HTTP/1.1\r\nHost: processor.example\r\n\(credentials)"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
            return try await client.restOfBytes()
        }
        let end = try #require(Data(bytes).range(of: Data("\r\n\r\n".utf8)))
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let status = try #require(Int(lines[0].split(separator: " ")[1]))
        return Answer(status: status, headers: headers, body: Array(bytes[end.upperBound...]))
    }

    /// The request that the company calls so, as the brand sees it.
    func request(_ reference: String) async throws -> PrivacyRequest {
        let reply = try await gateway.call("privacyRequests.list", #"{"reference":"\#(reference)"}"#, key: key).get()
        return try #require(try PrivacyRequests.List.Reply(json: reply).items.first)
    }

    func approve(_ reference: String) async throws {
        let id = try await request(reference).id
        _ = try await gateway.call("privacyRequests.approve", #"{"id":"\#(id)"}"#, key: key).get()
    }

    /// What the status says once the request is completed.
    func completed(_ path: String) async throws -> Answer {
        while true {
            let answer = try await send("GET", path)
            if answer.json["request_status"]?.string == "completed" { return answer }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func stop() async throws { try await gateway.stop(crashing: true) }
}
