import NIOHTTP1
import Testing

@testable import GatewayService

@Suite(.timeLimit(.minutes(1))) struct HTTPHostTests {
    @Test(
        "A request is for the host of its target, or for that of its only Host header",
        arguments: [
            ("/", ["localhost"], "localhost"), ("*", ["localhost:1"], "localhost:1"),
            ("//evil/x", ["localhost"], "localhost"), ("/http://evil/", ["localhost"], "localhost"),
            ("http://evil/", ["localhost"], "evil"), ("HTTPS://evil:80?x", ["localhost"], "evil:80"),
            ("http://localhost", ["evil"], "localhost"), ("http://[::1]:9#/x", [], "[::1]:9"),
            ("/", ["localhost", "evil"], ""), ("/", ["localhost", "localhost"], ""), ("/", [], ""), ("/", [""], ""),
            ("http://localhost/", ["localhost", "evil"], ""), ("/", ["localhost, evil"], ""),
            ("/", ["localhost:x@evil"], ""), ("http://localhost:x@evil/", ["localhost"], ""),
            ("http:///x", ["localhost"], ""), ("http:evil", ["localhost"], ""), ("evil:80", ["localhost"], ""),
            ("ftp://localhost/", ["localhost"], ""), ("", ["localhost"], ""),
        ])
    func host(target: String, headers: [String], host: String) {
        func head(_ version: HTTPVersion) -> HTTPRequestHead {
            HTTPRequestHead(
                version: version, method: .GET, uri: target, headers: HTTPHeaders(headers.map { ("Host", $0) }))
        }
        #expect(HTTPHost.of(head(.http1_1)) == host)
        let isOld = headers.isEmpty && target == "/"
        #expect(HTTPHost.of(head(.http1_0)) == (isOld ? nil : host))
    }

    /// Target, headers, and the status on loopback and over TLS.
    private static let requests = [
        ("/healthz", "Host: localhost\r\n", 200, 200), ("/healthz", "Host: evil\r\n", 421, 200),
        ("/healthz", "Host: localhost\r\nHost: evil\r\n", 400, 400),
        ("/healthz", "hOST: localhost\r\nHost: localhost\r\n", 400, 400), ("/healthz", "", 400, 400),
        ("http://evil/healthz", "Host: localhost\r\n", 421, 200),
        ("http://localhost/healthz", "Host: evil\r\n", 200, 200),
        ("http://localhost:x@evil/healthz", "Host: localhost\r\n", 400, 400),
    ]

    @Test("On loopback a foreign host is refused, wherever it is named, and one that is not clear")
    func loopback() async throws {
        let gateway = try await GatewayUnderTest(keys: [])
        for (target, headers, status, _) in Self.requests {
            let stream = RawStream(port: try await gateway.httpPort)
            await stream.send("GET \(target) HTTP/1.1\r\nConnection: close\r\n\(headers)\r\n")
            let answer = await stream.read()
            #expect(answer?.hasPrefix("HTTP/1.1 \(status) ") == true, "\(target) \(headers): \(answer ?? "")")
        }
        // Those that stand behind one another get their answers in that order.
        let stream = RawStream(port: try await gateway.httpPort)
        await stream.send(
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
                + "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let answers = await stream.read()?.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(answers == ["200", "400", "200"])
        try await gateway.stop()
    }

    @Test(
        "Over TLS a host that is not clear is refused", .enabled(if: TestCertificate.isThere, TestCertificate.missing))
    func secure() async throws {
        let certificate = try TestCertificate()
        let gateway = try await GatewayUnderTest(
            certificate.settings.merging(["GYRE_TLS_HTTP_PORT": "0"]) { $1 }, keys: [])
        for (target, headers, _, status) in Self.requests {
            let port = try await gateway.tlsPort("http")
            let answer = try await TLSClient.connect(to: port, trusting: certificate.chain) { client in
                try await client.send("GET \(target) HTTP/1.1\r\nConnection: close\r\n\(headers)\r\n")
                return try await client.rest()
            }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(target) \(headers): \(answer)")
        }
        try await gateway.stop()
    }
}
