import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct EndTests {
    @Test("Closing is orderly on both sides, and says so to the one who closes")
    func close() throws {
        let pair = try TLSPair.shaken()
        pair.server.write("last words")
        let closed = pair.server.channel.close()
        #expect(pair.server.channel.isActive, "it waits for the peer's close_notify")
        pair.exchange()
        #expect(pair.client.seen.text == "last words")
        #expect(!pair.client.channel.isActive && !pair.server.channel.isActive)
        #expect(pair.client.seen.errors.isEmpty && pair.server.seen.errors.isEmpty)
        #expect(throws: Never.self) { try closed.wait() }
    }

    @Test("A peer that never answers close_notify is waited for as long as the limit, and no longer")
    func closeTimeout() throws {
        var limits = TLSLimits()
        limits.closeTimeout = .seconds(3)
        let pair = try TLSPair.shaken(serverLimits: limits)
        pair.server.channel.close(promise: nil)
        pair.client.write("not heard any more")
        _ = pair.client.carry(to: pair.server, cut: .max)
        pair.server.channel.embeddedEventLoop.advanceTime(by: .seconds(3) - .nanoseconds(1))
        #expect(pair.server.channel.isActive && pair.server.seen.text.isEmpty)
        pair.server.channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(!pair.server.channel.isActive && pair.server.seen.errors.isEmpty)
    }

    @Test("A transport that ends without close_notify is a truncation", arguments: [true, false])
    func truncation(isHalfClosed: Bool) throws {
        let pair = try TLSPair.shaken()
        pair.server.write("first half of a")
        pair.exchange()
        if isHalfClosed {
            pair.client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            pair.client.channel.pipeline.fireChannelInactive()
        }
        #expect(pair.client.seen.errors == [.truncated])
        #expect(!pair.client.seen.hasInputEnded, "an end that proves nothing is not announced as one")
    }

    @Test("A closing of the output is half a closing: the other direction goes on", arguments: [1, Int.max])
    func halfClosure(cut: Int) throws {
        let pair = try TLSPair.shaken()
        try pair.server.allowHalfClosure()
        pair.client.write("a question")
        let closed = pair.client.channel.close(mode: .output)
        pair.exchange(cut: cut)
        #expect(throws: Never.self) { try closed.wait() }
        #expect(pair.client.seen.hasOutputEnded)
        #expect(pair.server.seen.hasInputEnded && pair.server.channel.isActive)
        #expect(pair.server.seen.text == "a question")

        pair.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pair.server.seen.errors.isEmpty, "after close_notify the transport's end is no news")
        pair.server.write("an answer")
        pair.exchange(cut: cut)
        #expect(pair.client.seen.text == "an answer")
        #expect(throws: TLSError.closed) { try pair.client.write("more").wait() }

        pair.server.channel.close(promise: nil)
        pair.exchange(cut: cut)
        #expect(!pair.client.channel.isActive && !pair.server.channel.isActive)
        #expect(pair.client.seen.errors.isEmpty && pair.server.seen.errors.isEmpty)
    }

    @Test("Where the channel does not allow half closure, the peer's close_notify closes it")
    func noHalfClosure() throws {
        let pair = try TLSPair.shaken()
        pair.client.channel.close(mode: .output, promise: nil)
        pair.exchange()
        #expect(!pair.client.channel.isActive && !pair.server.channel.isActive)
        #expect(pair.server.seen.errors.isEmpty && !pair.server.seen.hasInputEnded)
    }

    @Test("Output that is closed before the handshake still carries what was written before")
    func earlyHalfClosure() throws {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots), server: TLSServerContext(Certificates.localhost))
        try pair.server.allowHalfClosure()
        try pair.connect()
        pair.client.write("a question")
        pair.client.channel.close(mode: .output, promise: nil)
        pair.exchange()
        #expect(pair.server.seen.text == "a question" && pair.server.seen.hasInputEnded)
    }

    @Test("What was written and not flushed is told so when the connection is closed")
    func unflushed() throws {
        let pair = try TLSPair.shaken()
        let flushed = pair.server.write("flushed")
        let unflushed = pair.server.channel.write(ByteBuffer(string: "not flushed"))
        pair.server.channel.close(promise: nil)
        pair.exchange()
        #expect(throws: Never.self) { try flushed.wait() }
        #expect(throws: TLSError.closed) { try unflushed.wait() }
        #expect(throws: TLSError.closed) { try pair.server.write("later").wait() }
        #expect(pair.client.seen.text == "flushed")
    }

    @Test("Whoever writes again when told that a write failed is told again, and nothing else happens")
    func writingOnFailure() throws {
        let pair = try TLSPair.shaken()
        let channel = pair.server.channel
        let second = channel.write(ByteBuffer(string: "not flushed")).flatMapError { _ in
            channel.writeAndFlush(ByteBuffer(string: "again"))
        }
        channel.close(promise: nil)
        pair.exchange()
        #expect(throws: TLSError.closed) { try second.wait() }

        let other = try TLSPair.shaken()
        other.server.channel.isWritable = false
        let third = other.server.write("waits").flatMapError { [channel = other.server.channel] _ in
            channel.writeAndFlush(ByteBuffer(string: "again"))
        }
        other.server.channel.pipeline.fireChannelInactive()
        #expect(throws: TLSError.closed) { try third.wait() }
    }

    @Test("A record that was tampered with ends the connection; the sender learns it from an alert")
    func tampering() throws {
        for version in [TLSVersion.version12, .version13] {
            let pair = try TLSPair.shaken(versions: version...version)
            pair.client.write("a message")
            var record = try #require(pair.client.takeOutbound())
            let last = record.writerIndex - 1
            record.setInteger(try #require(record.getInteger(at: last, as: UInt8.self)) ^ 1, at: last)
            pair.server.receive(record)
            pair.exchange()
            #expect(pair.server.seen.reasons == [.protocolViolation], "\(pair.server.seen.errors)")
            #expect(pair.server.seen.text.isEmpty)
            #expect(pair.client.seen.reasons == [.refusedByPeer])
        }
    }

    @Test("Bytes after close_notify are nobody's")
    func bytesAfterTheEnd() throws {
        let pair = try TLSPair.shaken()
        try pair.server.allowHalfClosure()
        pair.client.channel.close(mode: .output, promise: nil)
        pair.exchange()
        pair.server.receive(ByteBuffer(string: "no record at all"))
        #expect(pair.server.seen.errors.isEmpty && pair.server.seen.text.isEmpty && pair.server.channel.isActive)
    }
}
