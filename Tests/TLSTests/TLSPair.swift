import NIOCore
import NIOEmbedded

@testable import TLS

/// A client and a server in memory, whose bytes are carried by hand.
final class TLSPair {
    let client: TLSEnd
    let server: TLSEnd

    init(
        client: TLSClientContext, name: String = "localhost", server: TLSServerContext,
        clientLimits: TLSLimits = TLSLimits(), serverLimits: TLSLimits = TLSLimits()
    ) throws {
        self.client = TLSEnd(try TLSHandler(client, serverName: name, limits: clientLimits))
        self.server = TLSEnd(try TLSHandler(server, limits: serverLimits))
    }

    /// With the certificate for localhost, and the handshake done.
    static func shaken(
        clientLimits: TLSLimits = TLSLimits(), serverLimits: TLSLimits = TLSLimits(),
        versions: ClosedRange<TLSVersion> = .version12 ... .version13
    ) throws -> TLSPair {
        let pair = try TLSPair(
            client: TLSClientContext(roots: Certificates.roots, versions: versions),
            server: TLSServerContext(Certificates.localhost), clientLimits: clientLimits, serverLimits: serverLimits)
        try pair.connect()
        pair.exchange()
        return pair
    }

    func connect() throws {
        try server.connect()
        try client.connect()
    }

    /// Carries bytes both ways until there are none, in pieces of `cut` bytes.
    func exchange(cut: Int = .max) {
        var hasMoved = true
        while hasMoved {
            hasMoved = client.carry(to: server, cut: cut)
            hasMoved = server.carry(to: client, cut: cut) || hasMoved
        }
    }
}

/// One channel with a ``TLSHandler``, and above it what an application would see.
final class TLSEnd {
    let channel: EmbeddedChannel
    let handler: TLSHandler
    let seen = Recorder()

    init(_ handler: TLSHandler, below: [any ChannelHandler] = []) {
        self.handler = handler
        channel = EmbeddedChannel(handlers: below + [handler, seen])
    }

    // Whatever a test leaves open is closed here, and not waited for in real time.
    deinit {
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    func connect() throws {
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/embedded"), promise: nil)
    }

    func allowHalfClosure() throws {
        try channel.syncOptions?.setOption(ChannelOptions.allowRemoteHalfClosure, value: true)
    }

    @discardableResult
    func write(_ text: String) -> EventLoopFuture<Void> {
        channel.writeAndFlush(ByteBuffer(string: text))
    }

    func write(count: Int) { channel.writeAndFlush(ByteBuffer(repeating: 0x78, count: count), promise: nil) }

    func takeOutbound() -> ByteBuffer? { try? channel.readOutbound(as: ByteBuffer.self) }

    func receive(_ bytes: ByteBuffer) {
        channel.pipeline.fireChannelRead(bytes)
        channel.pipeline.fireChannelReadComplete()
    }

    func carry(to other: TLSEnd, cut: Int) -> Bool {
        var hasMoved = false
        while var bytes = takeOutbound() {
            hasMoved = true
            while let piece = bytes.readSlice(length: min(cut, bytes.readableBytes)), piece.readableBytes > 0 {
                if other.channel.isActive { other.receive(piece) }
            }
        }
        return hasMoved
    }
}

/// What arrived at the top of a pipeline, in order.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var bytes = ByteBuffer()
    private(set) var messageSizes: [Int] = []
    private(set) var sessions: [TLSSession] = []
    private(set) var errors: [TLSError] = []
    private(set) var hasInputEnded = false
    private(set) var hasOutputEnded = false
    private(set) var isInactive = false

    var text: String { String(buffer: bytes) }
    var session: TLSSession? { sessions.first }
    var reasons: [TLSError.Reason] { errors.map(\.reason) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var message = unwrapInboundIn(data)
        messageSizes.append(message.readableBytes)
        bytes.writeBuffer(&message)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let session as TLSSession: sessions.append(session)
        case ChannelEvent.inputClosed: hasInputEnded = true
        case ChannelEvent.outputClosed: hasOutputEnded = true
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { errors.append(error) }
    }

    func channelInactive(context: ChannelHandlerContext) { isInactive = true }
}
