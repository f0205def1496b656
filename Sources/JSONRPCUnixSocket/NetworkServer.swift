public import JSONRPC
public import NIOCore
import NIOPosix

/// Serves line-delimited JSON-RPC 2.0 on a TCP port, behind handlers that make a network safe for it.
///
/// ```swift
/// let server = try await NetworkServer.bind(host: "0.0.0.0", port: 7443, on: group, limits: .publicEdge) { channel in
///     try channel.pipeline.syncOperations.addHandler(TLSHandler(contexts.current))
/// } makeHandler: { peer in router }
/// ```
public struct NetworkServer: Sendable {
    /// Where it listens.
    public let address: SocketAddress
    private let channel: any Channel

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: the address of an interface, or the one that means all of them.
    ///   - port: 0 lets the system choose.
    ///   - secure: adds to each new connection what stands between the network and its lines.
    ///   - makeHandler: called for each connection with the peer's address; nil refuses it.
    /// - Throws: what the system says.
    public static func bind(
        host: String, port: Int, on group: any EventLoopGroup, limits: UnixSocketLimits,
        secure: @escaping @Sendable (any Channel) throws -> Void,
        makeHandler: @escaping @Sendable (SocketAddress) -> (any RequestHandler)?
    ) async throws -> NetworkServer {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A peer that has gone without a word is noticed, in hours.
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try secure(channel)
                    try channel.pipeline.syncOperations.addLineHandlers(limits) { channel in
                        channel.eventLoop.makeSucceededFuture(channel.remoteAddress.flatMap(makeHandler))
                    }
                }
            }
            .bind(host: host, port: port)
            .get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return NetworkServer(address: address, channel: channel)
    }

    /// Stops to accept connections. Open ones end with their event loop.
    public func close() async throws {
        try await channel.close().get()
    }
}
