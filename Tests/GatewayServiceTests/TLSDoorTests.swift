import Configuration
import JSON
import JSONRPC
import Limits
import NIOCore
import ServiceKit
import TLS
import Testing

@testable import GatewayService

@Suite struct TLSConfigurationTests {
    private func read(_ settings: [String: String]) throws(SettingError) -> TLSConfiguration? {
        try TLSConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: settings)))
    }

    @Test("Without a port there is no TLS, whatever else is set")
    func off() throws {
        #expect(try read([:]) == nil)
        #expect(try read(["GYRE_TLS_CERTIFICATES": "a", "GYRE_TLS_KEYS": "b"]) == nil)
    }

    @Test("Ports, files, address, version and time are taken from their settings")
    func all() throws {
        let configuration = try #require(
            try read([
                "GYRE_TLS_LINE_PORT": "7443", "GYRE_TLS_HTTP_PORT": "0", "GYRE_TLS_ADDRESS": "::1",
                "GYRE_TLS_CERTIFICATES": "/a.pem, /b.pem", "GYRE_TLS_KEYS": "/a.key,/b.key ",
                "GYRE_TLS_MINIMUM_VERSION": "1.3", "GYRE_TLS_HANDSHAKE_MILLISECONDS": "100",
            ]))
        #expect(configuration.linePort == 7_443 && configuration.httpPort == 0)
        #expect(configuration.address == "::1")
        #expect(
            configuration.certificates == [
                TLSCertificateFiles(certificateChain: "/a.pem", privateKey: "/a.key"),
                TLSCertificateFiles(certificateChain: "/b.pem", privateKey: "/b.key"),
            ])
        #expect(configuration.minimumVersion == .version13)
        #expect(configuration.handshakeTimeout == .milliseconds(100))
    }

    @Test(
        "A setting that cannot be is named",
        arguments: [
            (["GYRE_TLS_LINE_PORT": "x"], "GYRE_TLS_LINE_PORT"),
            (["GYRE_TLS_HTTP_PORT": "65536"], "GYRE_TLS_HTTP_PORT"),
            (["GYRE_TLS_LINE_PORT": "1"], "GYRE_TLS_CERTIFICATES"),
            (["GYRE_TLS_LINE_PORT": "1", "GYRE_TLS_CERTIFICATES": "a,b", "GYRE_TLS_KEYS": "a"], "GYRE_TLS_KEYS"),
            (
                [
                    "GYRE_TLS_LINE_PORT": "1", "GYRE_TLS_CERTIFICATES": "a", "GYRE_TLS_KEYS": "a",
                    "GYRE_TLS_MINIMUM_VERSION": "1.1",
                ], "GYRE_TLS_MINIMUM_VERSION"
            ),
            (
                [
                    "GYRE_TLS_LINE_PORT": "1", "GYRE_TLS_CERTIFICATES": "a", "GYRE_TLS_KEYS": "a",
                    "GYRE_TLS_HANDSHAKE_MILLISECONDS": "99",
                ], "GYRE_TLS_HANDSHAKE_MILLISECONDS"
            ),
        ])
    func wrong(settings: [String: String], name: String) {
        let error = #expect(throws: SettingError.self) { try read(settings) }
        #expect(error?.description.hasPrefix(name + ": ") == true)
    }
}

@Suite struct ShareTests {
    @Test("All connections together have a maximum too")
    func total() {
        let counts = ConnectionCounts(maximum: 2, total: 3)
        var open = [counts.open(.user(1)), counts.open(.user(1)), counts.open(.user(2))]
        #expect(open.allSatisfy { $0 != nil })
        #expect(counts.open(.user(3)) == nil)
        open.removeFirst()
        open.append(counts.open(.user(3)))
        #expect(open[2] != nil)
        #expect(counts.open(.user(3)) == nil)
    }

    @Test("An IPv4 address is itself however it is written, and an IPv6 address its network")
    func addresses() {
        let distinct = [nil, "192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1", "::1"]
        #expect(Set(distinct.map { BucketName.address($0) }).count == distinct.count)
        #expect(BucketName.address("::ffff:192.0.2.1") == .address("192.0.2.1"))
        #expect(BucketName.address("2001:db8:0:1::1") == .address("2001:db8:0:1:ffff::2"))
        #expect(BucketName.address("fe80::1%eth0") == .address("fe80::2"))
    }
}

@Suite(.enabled(if: TestCertificate.isThere, TestCertificate.missing), .timeLimit(.minutes(2)), .serialized)
struct TLSDoorTests {
    private static let request = #"{"jsonrpc":"2.0","id":1,"method":"none.none"}"# + "\n"

    /// A gateway with both ports.
    private func gateway(
        _ certificate: TestCertificate, _ settings: [String: String] = [:], keys: [TestKey] = [],
        signals: @escaping @Sendable (String, Reply?) -> Void = { _, reply in reply?.succeed { $0.emptyObject() } }
    ) async throws -> GatewayUnderTest {
        let ports = ["GYRE_TLS_LINE_PORT": "0", "GYRE_TLS_HTTP_PORT": "0"]
        return try await GatewayUnderTest(
            certificate.settings.merging(ports) { $1 }.merging(settings) { $1 }, keys: keys, signals: signals)
    }

    @Test("Files that are missing, of another key, or of a certificate that is not valid now are refused by name")
    func files() throws {
        let (certificate, other, expired) = (
            try TestCertificate(), try TestCertificate(), try TestCertificate(days: -1)
        )
        for (chain, key, setting, says) in [
            ("/none.pem", certificate.key, "GYRE_TLS_CERTIFICATES", "/none.pem cannot be read"),
            (certificate.chain, "/none.key", "GYRE_TLS_KEYS", "/none.key cannot be read"),
            (certificate.chain, other.key, "GYRE_TLS_KEYS", "\(other.key) is not the key of the first certificate"),
            (
                expired.chain, expired.key, "GYRE_TLS_CERTIFICATES",
                "\(expired.chain) holds a certificate that expired on"
            ),
        ] {
            let files = TLSCertificateFiles(certificateChain: chain, privateKey: key)
            let error = #expect(throws: SettingError.self) {
                try TLSDoors(TLSConfiguration(httpPort: 0, certificates: [files]), clock: .system)
            }
            #expect(error?.description.hasPrefix("\(setting): \(says)") == true, "\(String(describing: error))")
        }
    }

    @Test("A certificate counts from its first second to its last")
    func validity() throws {
        let certificate = try TestCertificate()
        let files = TLSCertificateFiles(certificateChain: certificate.chain, privateKey: certificate.key)
        let end = try TLSServerContext(certificates: [files]).expiresAt
        let begin = end - 2 * 86_400
        for (now, isValid) in [(begin - 1, false), (begin, true), (end, true), (end + 1, false)] {
            let context = try? TLSServerContext(certificates: [files], validAt: now)
            #expect((context != nil) == isValid, "\(now - begin)")
        }
    }

    @Test("The door for lines answers as the socket does, also to a client that says no more")
    func lines() async throws {
        let certificate = try TestCertificate()
        let key = TestKey(1)
        let gateway = try await gateway(certificate, keys: [key])
        let call =
            #"{"jsonrpc":"2.0","id":7,"method":"signals.track","params":{},"meta":{"key":"\#(key.key.text)"}}"# + "\n"
        try await TLSClient.connect(to: gateway.tlsPort("line"), trusting: certificate.chain) { client in
            try await client.send(call)
            #expect(try await client.line() == #"{"jsonrpc":"2.0","id":7,"result":{}}"#)
            try await client.send(call + Self.request)
            client.endOutput()
            let replies = [try await client.line(), try await client.line()].compactMap(\.self)
            #expect(replies.contains { $0.contains("-32601") || $0.contains("-32001") })
            #expect(replies.contains(#"{"jsonrpc":"2.0","id":7,"result":{}}"#))
            #expect(try await client.line() == nil)
        }
        try await gateway.stop()
    }

    @Test("The door for HTTP answers calls and says that it is there, and shows nothing else")
    func http() async throws {
        let certificate = try TestCertificate()
        let key = TestKey(1)
        let gateway = try await gateway(certificate, keys: [key])
        let port = try await gateway.tlsPort("http")
        let body = #"{"jsonrpc":"2.0","id":7,"method":"signals.track","params":{}}"#
        let requests = [
            (
                "POST /rpc",
                "Host: api.example\r\nAuthorization: Bearer \(key.key.text)\r\nContent-Length: "
                    + "\(body.utf8.count)\r\n\r\n\(body)", "200", #""result":{}"#
            ),
            ("GET /healthz", "Host: api.example\r\n\r\n", "200", "ok"),
            ("GET /", "Host: 127.0.0.1\r\n\r\n", "303", "Location: /sign-in"),
            ("GET /metrics", "Host: 127.0.0.1\r\n\r\n", "404", ""),
            ("GET /metrics/tenancy", "Host: 127.0.0.1\r\n\r\n", "404", ""),
            ("GET /readyz", "Host: 127.0.0.1\r\n\r\n", "404", ""),
        ]
        for (target, rest, status, says) in requests {
            let answer = try await TLSClient.connect(to: port, trusting: certificate.chain) { client in
                try await client.send("\(target) HTTP/1.1\r\nConnection: close\r\n\(rest)")
                return try await client.rest()
            }
            #expect(
                answer.hasPrefix("HTTP/1.1 \(status) ") && answer.lowercased().contains(says.lowercased()),
                "\(target): \(answer)")
        }
        try await gateway.stop()
    }

    @Test("An address has its share of connections for lines, whether or not they shake hands")
    func share() async throws {
        let certificate = try TestCertificate()
        let gateway = try await gateway(
            certificate,
            [
                "GYRE_CONNECTIONS_PER_ADDRESS": "2", "GYRE_TLS_HANDSHAKE_MILLISECONDS": "60000",
            ])
        let port = try await gateway.tlsPort("line")
        let open = [RawStream(port: port), RawStream(port: port)]
        // Nobody shakes hands; the third is closed all the same.
        #expect(await RawStream(port: port).read() == "")
        withExtendedLifetime(open) {}
        try await gateway.stop()
    }

    @Test(
        "An address that has its share for HTTP comes in as soon as one of its connections has rested for a while",
        // Less than a connection that rests lasts where nobody needs its place.
        .timeLimit(.minutes(1)))
    func restingShare() async throws {
        let certificate = try TestCertificate()
        let gateway = try await gateway(
            certificate,
            [
                "GYRE_CONNECTIONS_PER_ADDRESS": "1", "GYRE_TLS_HANDSHAKE_MILLISECONDS": "60000",
                "GYRE_ADDRESS_RATE": "1000000",
            ])
        let port = try await gateway.tlsPort("http")
        let silent = RawStream(port: port)
        await Self.comeIn(port, certificate)
        #expect(await silent.read() == "")
        await Self.comeIn(port, certificate) { kept in
            await Self.comeIn(port, certificate)
            _ = await kept.countToEnd()
        }
        try await gateway.stop()
    }

    /// Asks until there is an answer.
    private static func comeIn(
        _ port: Int, _ certificate: TestCertificate,
        then: @escaping @Sendable (inout TLSClient) async -> Void = { _ in }
    ) async {
        var isIn = false
        while !isIn, !Task.isCancelled {
            let answer = try? await TLSClient.connect(to: port, trusting: certificate.chain) { client in
                try await client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await client.line()
                if answer != nil { await then(&client) }
                return answer
            }
            isIn = answer?.hasPrefix("HTTP/1.1 200") == true
        }
    }

    @Test("An address has so many handshakes a second, whatever else it may do")
    func rate() async throws {
        let certificate = try TestCertificate()
        let gateway = try await gateway(certificate, ["GYRE_ADDRESS_RATE": "1"])
        let port = try await gateway.tlsPort("line")
        var refused = 0
        // Fifty in a row cannot take fifty seconds: who is let in is told at once that this is no handshake.
        for _ in 0..<50 {
            let stream = RawStream(port: port)
            await stream.send([0x16, 3, 1, 0, 5, 0x63, 0, 0, 1, 0])
            if await stream.read() == "" { refused += 1 }
        }
        #expect((1..<50).contains(refused), "\(refused)")
        try await gateway.stop()
    }

    @Test(
        "What needs no key over HTTP is charged to the address, also where there is nothing",
        arguments: ["healthz", "x"])
    func charge(path: String) async throws {
        let certificate = try TestCertificate()
        let gateway = try await gateway(certificate, ["GYRE_ADDRESS_RATE": "1"])
        let text = try await TLSClient.connect(to: gateway.tlsPort("http"), trusting: certificate.chain) { client in
            for number in 0..<50 {
                let end = number == 49 ? "Connection: close\r\n\r\n" : "\r\n"
                try await client.send("GET /\(path) HTTP/1.1\r\nHost: x\r\n" + end)
            }
            return try await client.rest()
        }
        // Fifty in a row cannot take fifty seconds.
        #expect(text.split(separator: "HTTP/1.1 ").count == 50)
        #expect(text.contains("HTTP/1.1 429 ") && text.lowercased().contains("retry-after: 1"))
        try await gateway.stop()
    }

    @Test("A handshake that does not end is cut off, and others are served meanwhile")
    func slowHandshake() async throws {
        let certificate = try TestCertificate()
        let gateway = try await gateway(certificate, ["GYRE_TLS_HANDSHAKE_MILLISECONDS": "300"])
        for door in ["line", "http"] {
            let slow = RawStream(port: try await gateway.tlsPort(door))
            await slow.send([0x16, 0x03, 0x01])
            try await TLSClient.connect(to: gateway.tlsPort("line"), trusting: certificate.chain) { client in
                try await client.send(Self.request)
                #expect(try await client.line()?.contains("error") == true)
            }
            #expect(await slow.read() != nil)
        }
        try await gateway.stop()
    }

    @Test("A client that never reads is cut off when so much lies there")
    func neverReading() async throws {
        let certificate = try TestCertificate()
        let key = TestKey(1)
        let large = String(repeating: "x", count: 900 << 10)
        let (calls, arrived) = AsyncStream.makeStream(of: Void.self)
        let gateway = try await gateway(certificate, keys: [key]) { _, reply in
            arrived.yield()
            reply?.succeed { writer in
                writer.beginObject()
                writer.key("x")
                writer.string(large)
                writer.endObject()
            }
        }
        let count = 150
        let call = #"{"jsonrpc":"2.0","id":7,"method":"signals.track","params":{},"meta":{"key":"\#(key.key.text)"}}"#
        try await TLSClient.connect(to: gateway.tlsPort("line"), trusting: certificate.chain) { client in
            try await client.send(String(repeating: call + "\n", count: count))
            // So many are answered with more than the kernel and the gateway keep for one connection; an answer that
            // comes after theirs says that they came to the gateway.
            var seen = 0
            for await _ in calls {
                seen += 1
                if seen == 60 { break }
            }
            _ = try await gateway.call(key: key)
            let received = await client.countToEnd()
            #expect(received < count * large.utf8.count)
        }
        // The others do not notice.
        try await Self.talk(gateway.tlsPort("line"), certificate)
        try await gateway.stop()
    }

    @Test("Certificates that are read again are for the next handshake; open connections live on")
    func reload() async throws {
        let (first, second, expired) = (try TestCertificate(), try TestCertificate(), try TestCertificate(days: -1))
        let firstChain = try TestCertificate()
        try first.replace(firstChain)
        let gateway = try await gateway(first)
        let port = try await gateway.tlsPort("line")
        try await TLSClient.connect(to: port, trusting: firstChain.chain) { client in
            try await client.send(Self.request)
            #expect(try await client.line() != nil)
            try second.replace(first)
            gateway.reload()
            try await client.send(Self.request)
            #expect(try await client.line() != nil)
            try await Self.talk(port, second)
            await #expect(throws: (any Error).self) { try await Self.talk(port, firstChain) }
            // One that has expired is not taken.
            try expired.replace(first)
            gateway.reload()
            try await Self.talk(port, second)
            try await client.send(Self.request)
            #expect(try await client.line() != nil)
        }
        try await gateway.stop()
    }

    private static func talk(_ port: Int, _ trusted: TestCertificate) async throws {
        try await TLSClient.connect(to: port, trusting: trusted.chain) { client in
            try await client.send(request)
            guard try await client.line() != nil else { throw RPCError.cancelled }
        }
    }
}
