import NIOCore
import NIOPosix
import Synchronization
import TLS
import Testing

@testable import OutboundHTTP

@Suite(.timeLimit(.minutes(1))) struct OutboundHTTPClientTests {
    private static let body = Array("{}!".utf8)
    private static let ok = TestServer.Answer.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    @Test("A message arrives as one HTTP/1.1 request, and its answer's status comes back")
    func plain() async throws {
        let server = try await TestServer(.text("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"))
        let status = try await Self.client(server, privateHosts: ["127.0.0.1"]).post(
            Self.body, to: try OutboundURL("http://127.0.0.1:\(server.port)/hook?a=b"),
            headers: [("Content-Type", "application/json")])
        #expect(status == 202)
        let lines = try #require(server.requests.first).split(separator: "\r\n", omittingEmptySubsequences: false)
        let expected = [
            "POST /hook?a=b HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "Content-Type: application/json",
            "Content-Length: 3", "Connection: close", "", "{}!",
        ]
        #expect(lines.map(String.init) == expected)
        try await server.stop()
    }

    @Test("A redirect is an answer like any other")
    func redirect() async throws {
        let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        let server = try await TestServer(.text(answer))
        let status = try await Self.client(server, privateHosts: ["127.0.0.1"]).post(
            Self.body, to: try OutboundURL("http://127.0.0.1:\(server.port)/"), headers: [])
        #expect(status == 302 && server.requests.count == 1)
        try await server.stop()
    }

    @Test("The status is taken before the body has come, however long that is")
    func endlessBody() async throws {
        let server = try await TestServer(.text("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx"))
        let status = try await Self.client(server, privateHosts: ["127.0.0.1"]).post(
            Self.body, to: try OutboundURL("http://127.0.0.1:\(server.port)/"), headers: [])
        #expect(status == 200)
        try await server.stop()
    }

    @Test("An address of this machine or of a private network is refused under any name, and nothing connects")
    func privateAddress() async throws {
        let server = try await TestServer(Self.ok)
        for (url, resolver) in [
            ("https://127.0.0.1:\(server.port)/", HostResolver.system),
            ("https://[::ffff:127.0.0.1]:\(server.port)/", HostResolver.system),
            ("https://inside.example:\(server.port)/", Self.resolver("127.0.0.1")),
            ("https://inside.example:\(server.port)/", Self.resolver("10.0.0.1", "fd00::1")),
        ] {
            let error = await Self.problem(try Self.client(server, resolver: resolver), url)
            #expect(error?.reason == .notAllowed, "\(url)")
        }
        #expect(server.requests.isEmpty)
        try await server.stop()
    }

    @Test("Plain HTTP is for private hosts that are named, and only to this machine")
    func plainText() async throws {
        let server = try await TestServer(Self.ok)
        let stranger = await Self.problem(try Self.client(server), "http://shop.example/")
        #expect(stranger?.reason == .notAllowed && stranger?.text == "is not https")
        for address in ["10.0.0.1", "1.1.1.1"] {
            let client = try Self.client(server, privateHosts: ["hook.internal"], resolver: Self.resolver(address))
            #expect(await Self.problem(client, "http://hook.internal/")?.reason == .notAllowed, "\(address)")
        }
        try await server.stop()
    }

    @Test("The connection goes to the address that was checked: a name is looked up once")
    func pinned() async throws {
        let server = try await TestServer(Self.ok)
        let lookUps = Mutex(0)
        let changing = HostResolver { _, port in
            let count = lookUps.withLock { count in
                count += 1
                return count
            }
            return [try SocketAddress(ipAddress: count == 1 ? "127.0.0.1" : "127.0.0.2", port: port)]
        }
        let client = try Self.client(server, privateHosts: ["hook.internal"], resolver: changing)
        _ = try await client.post(
            Self.body, to: try OutboundURL("http://hook.internal:\(server.port)/"), headers: [])
        #expect(lookUps.withLock(\.self) == 1)
        #expect(server.requests.first?.contains("Host: hook.internal:\(server.port)\r\n") == true)
        try await server.stop()
    }

    @Test("A server that is silent is waited for so long and no longer")
    func silence() async throws {
        let server = try await TestServer(.silence)
        var limits = OutboundHTTPClient.Limits()
        limits.answer = .milliseconds(200)
        let client = try Self.client(server, privateHosts: ["127.0.0.1"], limits: limits)
        let error = await Self.problem(client, "http://127.0.0.1:\(server.port)/secret")
        #expect(error?.reason == .timedOut)
        #expect(error?.text == "http://127.0.0.1:\(server.port) did not answer within 200 milliseconds")
        try await server.stop()
    }

    @Test("A server that ends, speaks something else, or has too much to say is an error that keeps the path secret")
    func noAnswer() async throws {
        let long = String(repeating: "x", count: 17 << 10)
        for answer in [
            TestServer.Answer.end, .text("SSH-2.0-OpenSSH\r\n"), .text("HTTP/1.1 200 OK\r\nX: \(long)\r\n\r\n"),
        ] {
            let server = try await TestServer(answer)
            let client = try Self.client(server, privateHosts: ["127.0.0.1"])
            let error = await Self.problem(client, "http://127.0.0.1:\(server.port)/secret")
            #expect(error?.reason == .noAnswer && error?.text.contains("secret") == false)
            try await server.stop()
        }
    }

    @Test("A port that nobody listens on, and a name without an address, are told apart")
    func unreachable() async throws {
        let server = try await TestServer(.silence)
        let port = server.port
        try await server.stop()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let tls = try TLSClientContext()
        let permissions = OutboundHTTPClient.Permissions(privateHosts: ["127.0.0.1"])
        let client = OutboundHTTPClient(on: group, tls: tls, permissions: permissions)
        #expect(await Self.problem(client, "http://127.0.0.1:\(port)/")?.reason == .unreachable)
        let nameless = OutboundHTTPClient(on: group, tls: tls, resolver: HostResolver { _, _ in [] })
        #expect(await Self.problem(nameless, "https://shop.example/")?.reason == .unresolved)
        try await group.shutdownGracefully()
    }

    // MARK: TLS

    @Test("Over TLS the message comes to the host that its certificate names", .enabled(if: TestCertificates.isThere))
    func secure() async throws {
        let files = TestCertificates.files(for: "hook.internal")
        let server = try await TestServer(.text("HTTP/1.1 204 No Content\r\n\r\n"), tls: files)
        let client = try Self.client(
            server, privateHosts: ["hook.internal"], resolver: Self.resolver("127.0.0.1"),
            roots: .file(files.certificateChain))
        let status = try await client.post(
            Self.body, to: try OutboundURL("https://hook.internal:\(server.port)/"), headers: [])
        #expect(status == 204 && server.requests.first?.hasPrefix("POST / HTTP/1.1\r\n") == true)
        try await server.stop()
    }

    @Test(
        "A host with a certificate for another, or that nobody vouches for, gets nothing",
        .enabled(if: TestCertificates.isThere))
    func impostor() async throws {
        let files = TestCertificates.files(for: "other.internal")
        let server = try await TestServer(Self.ok, tls: files)
        for roots in [TLSClientContext.Roots.file(files.certificateChain), .system] {
            let client = try Self.client(
                server, privateHosts: ["hook.internal"], resolver: Self.resolver("127.0.0.1"), roots: roots)
            #expect(await Self.problem(client, "https://hook.internal:\(server.port)/")?.reason == .tls)
        }
        #expect(server.requests.isEmpty)
        try await server.stop()
    }

    // MARK: Parts

    private static func resolver(_ addresses: String...) -> HostResolver {
        HostResolver { _, port in try addresses.map { try SocketAddress(ipAddress: $0, port: port) } }
    }

    private static func client(
        _ server: TestServer, privateHosts: Set<String> = [], limits: OutboundHTTPClient.Limits = .init(),
        resolver: HostResolver = .system, roots: TLSClientContext.Roots = .system
    ) throws -> OutboundHTTPClient {
        OutboundHTTPClient(
            on: server.group, tls: try TLSClientContext(roots: roots),
            permissions: OutboundHTTPClient.Permissions(privateHosts: privateHosts), limits: limits,
            resolver: resolver)
    }

    /// Why a message does not get through; nil when it does.
    private static func problem(_ client: OutboundHTTPClient, _ url: String) async -> OutboundHTTPError? {
        do {
            _ = try await client.post(body, to: try OutboundURL(url), headers: [])
            return nil
        } catch {
            return error
        }
    }
}
