import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct BulkTests {
    private static let byteCount = 10 << 20

    @Test("10 MiB both ways at once, past a slow reader, arrive whole while little is held")
    func bothWays() async throws {
        let (ours, theirs) = (Transfer(Self.byteCount, isSlow: true), Transfer(Self.byteCount, isSlow: false))
        let context = try TLSServerContext(Certificates.localhost)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(TLSHandler(context))
                    try pipeline.addHandler(TransferHandler(theirs))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let clientContext = try TLSClientContext(roots: Certificates.roots)
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(TLSHandler(clientContext, serverName: "localhost"))
                    try pipeline.addHandler(TransferHandler(ours))
                }
            }
            .connect(host: "127.0.0.1", port: try #require(server.localAddress?.port)).get()
        try await client.closeFuture.get()
        // What the client sent last may still be on its way.
        for _ in 0..<1_000 where !theirs.hasEnded { try await Task.sleep(for: .milliseconds(10)) }
        for transfer in [ours, theirs] {
            #expect(transfer.received == Self.byteCount && transfer.isIntact)
            #expect(transfer.errors.isEmpty)
            // The channel's high-water mark, and one write beyond it.
            #expect(transfer.mostBuffered <= 64 << 10 + TLSLimits().bytesPerWrite + 1_024)
        }
        #expect(theirs.mostBuffered > 32 << 10, "the reader was slow enough to matter")
        try await server.close()
    }
}

/// What one end of a transfer saw.
private final class Transfer: Sendable {
    let byteCount: Int
    let isSlow: Bool
    private let state = Mutex((received: 0, isIntact: true, mostBuffered: 0, errors: [String](), hasEnded: false))

    init(_ byteCount: Int, isSlow: Bool) {
        self.byteCount = byteCount
        self.isSlow = isSlow
    }

    var received: Int { state.withLock { $0.received } }
    var isIntact: Bool { state.withLock { $0.isIntact } }
    var mostBuffered: Int { state.withLock { $0.mostBuffered } }
    var errors: [String] { state.withLock { $0.errors } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Repeats itself at a prime number, so that nothing can be lost or moved by a record or a page unnoticed.
    private static let pattern = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    static func octet(at index: Int) -> UInt8 { pattern[index % pattern.count] }

    static func bytes(_ count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        while bytes.readableBytes < count { bytes.writeBytes(pattern.prefix(count - bytes.readableBytes)) }
        return bytes
    }

    func receive(_ bytes: ByteBufferView) {
        state.withLock { state in
            // One octet in a hundred shows whether anything is lost, doubled or moved.
            for index in stride(from: 0, to: bytes.count, by: 101)
            where bytes[bytes.startIndex + index] != Self.octet(at: state.received + index) {
                state.isIntact = false
            }
            state.received += bytes.count
        }
    }

    func buffered(_ count: Int) { state.withLock { $0.mostBuffered = max($0.mostBuffered, count) } }
    func ended() { state.withLock { $0.hasEnded = true } }
    func failed(_ error: any Error) { state.withLock { $0.errors.append("\(error)") } }
}

/// Sends everything at once, then closes its output; reads at its own pace, and is done when both have ended.
private final class TransferHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let transfer: Transfer

    init(_ transfer: Transfer) { self.transfer = transfer }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is TLSSession else { return }
        context.writeAndFlush(wrapOutboundOut(Transfer.bytes(transfer.byteCount)), promise: nil)
        context.close(mode: .output, promise: nil)
        if transfer.isSlow { readLater(context) }
    }

    private func readLater(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { [self] in
            context.read()
            if context.channel.isActive { readLater(context) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        transfer.receive(unwrapInboundIn(data).readableBytesView)
        if let count = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes) { transfer.buffered(count) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { transfer.failed(error) }

    func channelInactive(context: ChannelHandlerContext) { transfer.ended() }
}
