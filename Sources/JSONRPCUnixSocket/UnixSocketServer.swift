public import JSONRPC
public import NIOCore
import NIOPosix

/// Serves line-delimited JSON-RPC 2.0 on one Unix domain socket.
///
/// ```swift
/// let server = try await UnixSocketServer.bind(to: "run/signals.sock", on: group) { _ in router }
/// try await server.close()
/// ```
public struct UnixSocketServer: Sendable {
    /// The longest path, in bytes: what fits a socket address on every system that SwiftNIO knows.
    public static let maximumPathBytes = 103

    public let path: String
    private let channel: any Channel

    /// Starts to listen.
    ///
    /// A socket file left by a process that is gone is replaced. The file gets the permissions that the process's
    /// umask leaves; set it before.
    ///
    /// - Parameters:
    ///   - path: at most ``maximumPathBytes`` bytes.
    ///   - makeHandler: called for each connection with the peer's credentials; nil refuses it.
    /// - Throws: ``UnixSocketError``, or what the system says.
    public static func bind(
        to path: String, on group: any EventLoopGroup, limits: UnixSocketLimits = .betweenServices,
        makeHandler: @escaping @Sendable (PeerCredentials) -> (any RequestHandler)?
    ) async throws -> UnixSocketServer {
        guard path.utf8.count <= maximumPathBytes else { throw UnixSocketError.pathTooLong(path) }
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addLineHandlers(limits) { channel in
                        PeerCredentials.read(from: channel).map(makeHandler)
                    }
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
            .get()
        return UnixSocketServer(path: path, channel: channel)
    }

    /// Stops to accept connections. Open ones end with their event loop.
    public func close() async throws {
        try await channel.close().get()
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// What turns a stream of bytes into requests and replies, the same whatever it arrives over.
    func addLineHandlers(
        _ limits: UnixSocketLimits,
        makeHandler: @escaping (any Channel) -> EventLoopFuture<(any RequestHandler)?>
    ) throws {
        if limits.areTimed { try addHandler(PeerPatienceHandler(limits: limits)) }
        try addHandler(ServerConnectionHandler(limits: limits, makeHandler: makeHandler))
    }
}

extension AdaptiveRecvByteBufferAllocator {
    /// Reads of 4 to 256 KiB: a burst of small requests is taken in few system calls.
    static var reads: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 4 << 10, initial: 16 << 10, maximum: 256 << 10)
    }
}

/// Why a socket could not be used.
public enum UnixSocketError: Error, Equatable, CustomStringConvertible {
    case pathTooLong(String)

    public var description: String {
        switch self {
        case .pathTooLong(let path):
            "The socket path '\(path)' has \(path.utf8.count) bytes and a socket's may have "
                + "\(UnixSocketServer.maximumPathBytes): choose a shorter data directory."
        }
    }
}
