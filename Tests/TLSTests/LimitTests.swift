import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct LimitTests {
    @Test("All writes of one flush leave in one buffer, and their promises are kept in order")
    func oneFlush() throws {
        let pair = try TLSPair.shaken()
        let order = Order()
        for number in 0..<10 {
            pair.server.channel.write(ByteBuffer(string: "message \(number)\n"))
                .assumeIsolated().whenSuccess { order.numbers.append(number) }
        }
        #expect(pair.server.takeOutbound() == nil)
        pair.server.channel.flush()
        let records = try #require(pair.server.takeOutbound())
        #expect(pair.server.takeOutbound() == nil)
        #expect(order.numbers.sorted() == Array(0..<10))
        pair.client.receive(records)
        #expect(pair.client.seen.text == (0..<10).map { "message \($0)\n" }.joined())
    }

    @Test("bytesPerWrite fit into one write; one byte more becomes two", arguments: [0, 1])
    func bytesPerWrite(excess: Int) throws {
        var limits = TLSLimits()
        limits.bytesPerWrite = 20_000
        let pair = try TLSPair.shaken(serverLimits: limits)
        pair.server.write(count: limits.bytesPerWrite + excess)
        var writes = 0
        while let records = pair.server.takeOutbound() {
            writes += 1
            pair.client.receive(records)
        }
        #expect(writes == 1 + excess)
        #expect(pair.client.seen.bytes.readableBytes == limits.bytesPerWrite + excess)
    }

    @Test("bytesPerRead arrive as one message; one byte more as two", arguments: [0, 1])
    func bytesPerRead(excess: Int) throws {
        var limits = TLSLimits()
        limits.bytesPerRead = 20_000
        let pair = try TLSPair.shaken(clientLimits: limits)
        pair.server.write(count: limits.bytesPerRead + excess)
        pair.exchange()
        #expect(pair.client.seen.messageSizes == (excess == 0 ? [20_000] : [20_000, 1]))
    }

    @Test("bytesBeforeHandshake may be written early; one byte more ends the connection", arguments: [0, 1])
    func bytesBeforeHandshake(excess: Int) throws {
        var limits = TLSLimits()
        limits.bytesBeforeHandshake = 1_000
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), server: TLSServerContext(Certificates.localhost),
            clientLimits: limits)
        try pair.connect()
        pair.client.write(count: 500)
        pair.client.write(count: 500 + excess)
        pair.exchange()
        #expect(pair.client.seen.reasons == (excess == 0 ? [] : [.limitExceeded]))
        #expect(pair.server.seen.bytes.readableBytes == (excess == 0 ? 1_000 : 0))
    }

    @Test("While the channel is not writable, plaintext waits")
    func notWritable() throws {
        let pair = try TLSPair.shaken()
        pair.server.channel.isWritable = false
        let written = pair.server.write("later")
        #expect(pair.server.takeOutbound() == nil)
        pair.server.channel.isWritable = true
        pair.server.channel.pipeline.fireChannelWritabilityChanged()
        pair.exchange()
        #expect(throws: Never.self) { try written.wait() }
        #expect(pair.client.seen.text == "later")
    }

    @Test("unsentBytes may wait for the channel; one byte more ends the connection", arguments: [0, 1])
    func unsentBytes(excess: Int) throws {
        var limits = TLSLimits()
        limits.unsentBytes = 1_000
        let pair = try TLSPair.shaken(serverLimits: limits)
        // More than that is no matter while the channel takes it.
        pair.server.write(count: 5_000)
        pair.exchange()
        pair.server.channel.isWritable = false
        pair.server.write(count: 600)
        pair.server.write(count: 400 + excess)
        #expect(pair.server.seen.reasons == (excess == 0 ? [] : [.limitExceeded]))
        #expect(pair.server.seen.isInactive == (excess == 1))
    }

    @Test("Closing sends what waited for the channel before its close_notify")
    func closingWhileNotWritable() throws {
        let pair = try TLSPair.shaken()
        pair.server.channel.isWritable = false
        pair.server.write("later")
        pair.server.channel.close(promise: nil)
        pair.exchange()
        #expect(pair.server.channel.isActive && pair.client.channel.isActive)
        pair.server.channel.isWritable = true
        pair.server.channel.pipeline.fireChannelWritabilityChanged()
        pair.exchange()
        #expect(pair.client.seen.text == "later" && pair.client.seen.errors.isEmpty)
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
    }

    /// A peer may ask for new keys as often as it likes; every answer is some bytes that it may never read.
    @Test("With more than replyBytes unwritten nothing more is read, until they are")
    func replyBytes() throws {
        let client = try TLSConnection(TLSClientContext(roots: Certificates.roots), serverName: "localhost")
        let gate = WriteGate()
        var limits = TLSLimits()
        // The answer is one record: 5 bytes of header, 5 of message, 1 of type, 16 of tag.
        let answerBytes = 27
        limits.replyBytes = 2 * answerBytes
        let server = TLSEnd(
            try TLSHandler(TLSServerContext(Certificates.localhost), limits: limits), below: [gate])
        try server.connect()
        while client.shakeHands() == .needsBytes {
            if let records = client.takeOutgoing() { server.receive(records) }
            while var records = server.takeOutbound() { client.receive(&records) }
        }
        if let records = client.takeOutgoing() { server.receive(records) }

        gate.isOpen = false
        func askForKeys() throws {
            #expect(SSL_key_update(client.pointer, SSL_KEY_UPDATE_REQUESTED) == 1)
            var nothing = ByteBuffer(string: "x")
            try client.encrypt(&nothing, count: 1)
            server.receive(try #require(client.takeOutgoing()))
        }
        for _ in 0..<10 where gate.heldBytes < limits.replyBytes { try askForKeys() }
        #expect(gate.heldBytes == limits.replyBytes)
        gate.reads = 0
        server.channel.read()
        #expect(gate.reads == 1, "at the limit")
        for _ in 0..<10 where gate.heldBytes == limits.replyBytes { try askForKeys() }
        gate.reads = 0
        server.channel.read()
        #expect(gate.reads == 0, "over the limit")
        gate.open()
        #expect(gate.reads == 1)
        #expect(server.seen.errors.isEmpty && server.seen.text.allSatisfy { $0 == "x" })
    }

    @Test("An empty write is done with its flush")
    func emptyWrite() throws {
        let pair = try TLSPair.shaken()
        let written = pair.server.write("")
        pair.exchange()
        #expect(throws: Never.self) { try written.wait() }
        #expect(pair.client.seen.messageSizes.isEmpty)
    }
}

private final class Order {
    var numbers: [Int] = []
}

/// A transport that can refuse to finish its writes, and counts the reads it is asked for.
private final class WriteGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    var isOpen = true
    var reads = 0
    private(set) var heldBytes = 0
    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOpen { return context.write(data, promise: promise) }
        heldBytes += unwrapOutboundIn(data).readableBytes
        if let promise { promises.append(promise) }
    }

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }

    func open() {
        isOpen = true
        for promise in promises { promise.succeed() }
        promises = []
    }
}
