import NIOCore
import NIOPosix
import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct OpenSSLCommandTests {
    private func server(
        _ certificates: [TLSCertificateFiles] = [Certificates.localhost, Certificates.shop]
    ) async throws -> EchoServer {
        try await EchoServer(
            TLSServerContexts {
                try TLSServerContext(certificates: certificates, applicationProtocols: ["http/1.1"])
            })
    }

    /// `openssl s_client`, which sends what is typed and prints what it receives.
    private func client(_ port: Int, _ arguments: [String]) throws -> RunningCommand {
        try RunningCommand(
            Command.openssl, ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", Certificates.root] + arguments)
    }

    @Test("s_client verifies our chain and is answered", arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
    func client(option: String, version: String) async throws {
        let server = try await server()
        let client = try client(
            server.port, [option, "-servername", "localhost", "-alpn", "h2,http/1.1", "-verify_return_error"])
        client.write("to and fro\n")
        #expect(try await client.says("\nto and fro"))
        client.endInput()
        let text = await client.outcome().text
        #expect(text.contains("Verification: OK") && text.contains("ALPN protocol: http/1.1"))
        #expect(text.contains("New, \(version)"))
        #expect(try await server.log.sees(ended: 1))
        #expect(server.log.errors.isEmpty)
        try await server.close()
    }

    @Test("TLS 1.1 is refused with an alert")
    func oldVersion() async throws {
        let server = try await server()
        let outcome = try await Command.run(
            Command.openssl,
            ["s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
        #expect(outcome.status != 0 && outcome.text.contains("alert protocol version"))
        #expect(server.log.errors.map(\.reason) == [.protocolViolation])
        try await server.close()
    }

    @Test(
        "A client gets the certificate for its host, and the default one for a host we do not know",
        arguments: [
            (["-servername", "eu.shop.example"], "shop"), (["-servername", "nobody.example"], "localhost"),
            (["-noservername"], "localhost"),
        ])
    func certificate(arguments: [String], subject: String) async throws {
        let server = try await server()
        let text = try await Command.run(
            Command.openssl, ["s_client", "-connect", "127.0.0.1:\(server.port)"] + arguments
        ).text
        #expect(text.contains("subject=CN = \(subject)\n"))
        try await server.close()
    }

    @Test("Nobody renegotiates, and new keys change nothing")
    func renegotiation() async throws {
        let server = try await server()
        let old = try client(server.port, ["-tls1_2"])
        old.write("first\n")
        #expect(try await old.says("\nfirst"))
        old.write("R\n")
        #expect(try await old.says("no renegotiation"))
        old.endInput()
        _ = await old.outcome()

        let new = try client(server.port, ["-tls1_3"])
        new.write("first\n")
        #expect(try await new.says("\nfirst"))
        new.write("K\n")
        #expect(try await new.says("KEYUPDATE"))
        new.write("second\n")
        #expect(try await new.says("\nsecond"))
        new.endInput()
        _ = await new.outcome()
        try await server.close()
    }

    @Test("After a reload new connections get the new certificate, open ones go on, and old tickets are worth nothing")
    func reload() async throws {
        let path = Certificates.path("current.pem")
        let keyPath = Certificates.path("current.key")
        func install(_ files: TLSCertificateFiles) throws {
            try Certificates.copy(files.certificateChain, to: path)
            try Certificates.copy(files.privateKey, to: keyPath)
        }
        try install(Certificates.localhost)
        let contexts = try TLSServerContexts {
            try TLSServerContext(
                certificates: [TLSCertificateFiles(certificateChain: path, privateKey: keyPath)])
        }
        let server = try await EchoServer(contexts)

        func connect(_ arguments: [String]) async throws -> String {
            let client = try client(server.port, arguments)
            client.write("hello\n")
            #expect(try await client.says("\nhello"))
            client.endInput()
            return await client.outcome().text
        }
        let open = try client(server.port, [])
        open.write("before\n")
        #expect(try await open.says("\nbefore"))
        let ticket = Certificates.path("ticket")
        #expect(try await connect(["-sess_out", ticket]).contains("subject=CN = localhost\n"))
        #expect(try await connect(["-sess_in", ticket]).contains("Reused, TLSv1.3"))

        try Certificates.copy(Certificates.renewed.privateKey, to: keyPath)
        #expect(throws: TLSError.self, "the key does not match yet") { try contexts.reload() }
        #expect(try await connect([]).contains("subject=CN = localhost\n"))

        try install(Certificates.renewed)
        try contexts.reload()
        #expect(try await connect([]).contains("subject=CN = renewed\n"))
        #expect(try await connect(["-sess_in", ticket]).contains("New, TLSv1.3"))
        open.write("after\n")
        #expect(try await open.says("\nafter"))
        open.endInput()
        _ = await open.outcome()
        #expect(server.log.sessions.map(\.isResumed) == [false, false, true, false, false, false])
        #expect(server.log.errors.isEmpty)
        try await server.close()
    }

    @Test("Our client talks to s_server", arguments: ["-tls1_2", "-tls1_3"])
    func ourClient(option: String) async throws {
        let files = Certificates.localhost
        let server = try RunningCommand(
            Command.openssl,
            [
                "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", option, "-cert", files.certificateChain,
                "-cert_chain", Certificates.path("between.pem"), "-key", files.privateKey, "-alpn", "http/1.1",
            ])
        #expect(try await server.says("ACCEPT 127.0.0.1:"))
        let port = try #require(
            server.text.split(separator: "ACCEPT 127.0.0.1:").last?.prefix { $0.isNumber }.description)
        let context = try TLSClientContext(roots: Certificates.roots, applicationProtocols: ["h2", "http/1.1"])
        let answer = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(TLSHandler(context, serverName: "localhost"))
                    try pipeline.addHandler(LineOnce(answer))
                }
            }
            .connect(host: "127.0.0.1", port: try #require(Int(port))).get()
        try await channel.writeAndFlush(ByteBuffer(string: "parts\n"))
        #expect(try await answer.futureResult.get() == "strap\n")
        try await channel.close()
        #expect(await server.outcome().text.contains("CONNECTION CLOSED"))
    }
}

/// Waits for one line, or an error.
private final class LineOnce: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>
    private var line = ""

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        line += String(buffer: unwrapInboundIn(data))
        if line.hasSuffix("\n") { promise.succeed(line) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(TLSError.closed) }
}
