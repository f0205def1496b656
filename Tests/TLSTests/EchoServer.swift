import NIOCore
import NIOPosix
import Synchronization
import TLS

/// A server on loopback that sends back what it receives, and remembers what it was told about its connections.
final class EchoServer: Sendable {
    let port: Int
    let log = Log()
    private let channel: any Channel

    final class Log: Sendable {
        private let state = Mutex((sessions: [TLSSession](), errors: [TLSError](), ended: 0))

        var sessions: [TLSSession] { state.withLock { $0.sessions } }
        var errors: [TLSError] { state.withLock { $0.errors } }

        func add(_ session: TLSSession) { state.withLock { $0.sessions.append(session) } }
        func add(_ error: TLSError) { state.withLock { $0.errors.append(error) } }
        func connectionEnded() { state.withLock { $0.ended += 1 } }

        /// Waits for so many connections to have ended; false after ten seconds.
        func sees(ended count: Int) async throws -> Bool {
            for _ in 0..<1_000 {
                if state.withLock({ $0.ended >= count }) { return true }
                try await Task.sleep(for: .milliseconds(10))
            }
            return false
        }
    }

    init(_ contexts: TLSServerContexts, limits: TLSLimits = TLSLimits()) async throws {
        let log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(TLSHandler(contexts.current, limits: limits))
                    try pipeline.addHandler(Echo(log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }
}

private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let log: EchoServer.Log

    init(_ log: EchoServer.Log) { self.log = log }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let session = event as? TLSSession { log.add(session) }
        if case .inputClosed = event as? ChannelEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { log.add(error) }
    }

    func channelInactive(context: ChannelHandlerContext) { log.connectionEnded() }
}
