import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct HandshakeTests {
    @Test(
        "Client and server agree, and talk, however the bytes are cut",
        arguments: [TLSVersion.version12, .version13], [1, 7, Int.max])
    func agreement(version: TLSVersion, cut: Int) throws {
        let pair = try TLSPair(
            client: TLSClientContext(
                roots: Certificates.roots, applicationProtocols: ["h2", "http/1.1"], versions: version...version),
            server: TLSServerContext(Certificates.localhost, ["http/1.1"]))
        try pair.connect()
        pair.client.write("from the client")
        pair.exchange(cut: cut)
        pair.server.write("from the server")
        pair.exchange(cut: cut)

        for end in [pair.client, pair.server] {
            let session = try #require(end.seen.session)
            #expect(session.version == version)
            #expect(session.applicationProtocol == "http/1.1")
            #expect(session.serverName == "localhost")
            #expect(session.cipher.contains("GCM") || session.cipher.contains("CHACHA20"))
            #expect(!session.isResumed)
            #expect(end.seen.sessions.count == 1 && end.seen.errors.isEmpty)
        }
        #expect(pair.server.seen.text == "from the client")
        #expect(pair.client.seen.text == "from the server")
    }

    @Test("Without a common application protocol both sides say so")
    func noCommonProtocol() throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots, applicationProtocols: ["h2"]),
            server: TLSServerContext(Certificates.localhost, ["http/1.1"]))
        try pair.connect()
        pair.exchange()
        #expect(pair.server.seen.reasons == [.noCommonApplicationProtocol])
        #expect(pair.client.seen.reasons == [.noCommonApplicationProtocol])
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
    }

    @Test("Where one side names no application protocol none is agreed", arguments: [[], ["http/1.1"]])
    func oneSidedProtocols(offered: [String]) throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots, applicationProtocols: offered),
            server: TLSServerContext(Certificates.localhost, offered.isEmpty ? ["http/1.1"] : []))
        try pair.connect()
        pair.exchange()
        #expect(pair.server.seen.session != nil && pair.server.seen.session?.applicationProtocol == nil)
    }

    @Test(
        "The certificate is the one for the host that the client names",
        arguments: ["localhost", "shop.example", "eu.shop.example"])
    func certificateByName(name: String) throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), name: name,
            server: TLSServerContext(certificates: [Certificates.localhost, Certificates.shop]))
        try pair.connect()
        pair.exchange()
        #expect(pair.client.seen.session != nil && pair.server.seen.session?.serverName == name)
    }

    @Test("An address is verified too, and is not sent as a name")
    func address() throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), name: "127.0.0.1",
            server: TLSServerContext(Certificates.localhost))
        try pair.connect()
        pair.exchange()
        #expect(pair.server.seen.session != nil && pair.server.seen.session?.serverName == nil)

        let other = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), name: "127.0.0.2",
            server: TLSServerContext(Certificates.localhost))
        try other.connect()
        other.exchange()
        #expect(other.client.seen.reasons == [.certificateRefused])
    }

    @Test(
        "A certificate that is not to be trusted is refused, with the reason",
        arguments: [
            (Certificates.localhost, Certificates.roots, "nobody.example", "mismatch"),
            (Certificates.shop, Certificates.roots, "a.b.shop.example", "mismatch"),
            (Certificates.selfSigned, Certificates.roots, "localhost", "self-signed"),
            (Certificates.expired, Certificates.roots, "localhost", "expired"),
            (Certificates.localhost, .system, "localhost", "unable to get local issuer"),
        ])
    func refusal(
        files: TLSCertificateFiles, roots: TLSClientContext.Roots, name: String, reason: String
    ) throws {
        for version in [TLSVersion.version12, .version13] {
            let pair = try TLSPair(
                client: TLSClientContext(roots: roots, versions: version...version), name: name,
                server: TLSServerContext(files))
            try pair.connect()
            let request = pair.client.write("a secret")
            pair.exchange()
            let error = try #require(pair.client.seen.errors.first)
            #expect(error.reason == .certificateRefused && error.place == .handshake)
            #expect(error.text.contains(reason))
            #expect(pair.server.seen.reasons == [.refusedByPeer])
            #expect(pair.server.seen.text.isEmpty)
            #expect(throws: error) { try request.wait() }
            #expect(!pair.client.channel.isActive && !pair.server.channel.isActive)
        }
    }

    @Test("A peer without a version in common is refused")
    func versions() throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots, versions: .version12 ... .version12),
            server: TLSServerContext(Certificates.localhost, versions: .version13 ... .version13))
        try pair.connect()
        pair.exchange()
        #expect(pair.server.seen.reasons == [.protocolViolation])
        #expect(pair.client.seen.reasons == [.refusedByPeer])
    }

    @Test(
        "What is not TLS is told so",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", TLSError.Reason.notTLS, "plain HTTP"),
            (#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"# + "\n", .notTLS, "does not speak TLS"),
            ("\u{16}\u{3}\u{1}\u{0}\u{5}hello", .protocolViolation, ""),
        ], [1, Int.max])
    func notTLS(_ sent: (text: String, reason: TLSError.Reason, says: String), cut: Int) throws {
        let server = TLSEnd(try TLSHandler(TLSServerContext(Certificates.localhost)))
        try server.connect()
        var bytes = ByteBuffer(string: sent.text)
        while let piece = bytes.readSlice(length: min(cut, bytes.readableBytes)), piece.readableBytes > 0 {
            server.receive(piece)
        }
        #expect(server.seen.reasons == [sent.reason])
        #expect(server.seen.errors.first?.text.contains(sent.says) == true || sent.says.isEmpty)
        #expect(!server.channel.isActive)
    }

    @Test("The handshake may take as long as the limit, and no longer")
    func timeout() throws {
        var limits = TLSLimits()
        limits.handshakeTimeout = .seconds(3)
        let server = TLSEnd(try TLSHandler(TLSServerContext(Certificates.localhost), limits: limits))
        try server.connect()
        server.receive(ByteBuffer(bytes: [0x16]))
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(3) - .nanoseconds(1))
        #expect(server.seen.errors.isEmpty && server.channel.isActive)
        server.channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(server.seen.errors == [.handshakeTimedOut] && !server.channel.isActive)
    }

    @Test("After the handshake silence is no error")
    func noTimeoutLater() throws {
        let pair = try TLSPair.shaken()
        pair.server.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(pair.server.channel.isActive && pair.server.seen.errors.isEmpty)
    }

    @Test("A connection that ends during the handshake is truncated")
    func endDuringHandshake() throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), server: TLSServerContext(Certificates.localhost))
        try pair.connect()
        _ = pair.client.carry(to: pair.server, cut: .max)
        pair.client.channel.close(promise: nil)
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.server.seen.errors == [.handshakeTruncated])
    }

    @Test("A handshake with bytes changed at random ends in an error or not at all, and never delivers anything")
    func changedBytes() throws {
        var seed: UInt64 = 1
        func random(below limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % limit
        }
        let client = try TLSClientContext(roots: Certificates.roots)
        let server = try TLSServerContext(
            certificates: [Certificates.localhost, Certificates.shop], applicationProtocols: ["a"])
        for round in 0..<300 {
            let pair = try TLSPair(client: client, server: server)
            try pair.connect()
            for (from, to) in [(pair.client, pair.server), (pair.server, pair.client), (pair.client, pair.server)] {
                while var bytes = from.takeOutbound() {
                    if random(below: 2) == 0 {
                        let index = random(below: bytes.writerIndex)
                        bytes.setInteger(UInt8(random(below: 256)), at: index)
                    }
                    if random(below: 8) == 0 {
                        bytes = bytes.readSlice(length: random(below: bytes.readableBytes)) ?? bytes
                    }
                    if to.channel.isActive { to.receive(bytes) }
                }
            }
            pair.exchange()
            #expect(pair.server.seen.text.isEmpty && pair.client.seen.text.isEmpty, "round \(round)")
            #expect(pair.server.seen.errors.count <= 1 && pair.client.seen.errors.count <= 1, "round \(round)")
        }
    }

    @Test("A handler added to a channel that is active already starts at once")
    func addedLate() throws {
        let channel = EmbeddedChannel()
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/embedded"), promise: nil)
        let handler = try TLSHandler(TLSClientContext(roots: Certificates.roots), serverName: "localhost")
        try channel.pipeline.syncOperations.addHandler(handler)
        // A handshake record.
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.getInteger(at: 0) == UInt8(22))
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
