internal import CUnixSocket
import NIOCore

/// The process at the other end of a Unix domain socket, as the kernel vouches for it.
///
/// Trust the user id; a process id may be another process's by the time it is looked at.
public struct PeerCredentials: Sendable, Equatable {
    public let userID: UInt32
    public let groupID: UInt32
    public let processID: Int32

    /// Asks the kernel. Fails for channels that are no Unix domain socket.
    static func read(from channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<gyre_peer_credentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: gyre_so_peercred))
        return credentials.map { PeerCredentials(userID: $0.uid, groupID: $0.gid, processID: $0.pid) }
    }
}
