public import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Finds the addresses of a host, as the machine is set up to.
public struct HostResolver: Sendable {
    /// At most so many addresses of one host are looked at.
    static let maximumAddresses = 16

    private let addresses: @Sendable (_ host: String, _ port: Int) async throws -> [SocketAddress]

    /// - Parameter addresses: throws, or answers with none, where the host has none.
    public init(_ addresses: @escaping @Sendable (_ host: String, _ port: Int) async throws -> [SocketAddress]) {
        self.addresses = addresses
    }

    /// The machine's own resolver, on threads where it may wait.
    public static let system = HostResolver { host, port in
        try await NIOThreadPool.singleton.runIfActive { lookUp(host, port) }
    }

    func resolve(_ host: String, port: Int) async throws -> [SocketAddress] {
        Array(try await addresses(host, port).prefix(Self.maximumAddresses))
    }

    private static func lookUp(_ host: String, _ port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let list else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: \.pointee.ai_next).compactMap { entry in
            guard let address = entry.pointee.ai_addr else { return nil }
            let raw = UnsafeRawPointer(address)
            switch entry.pointee.ai_family {
            case AF_INET: return SocketAddress(raw.loadUnaligned(as: sockaddr_in.self))
            case AF_INET6: return SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self))
            default: return nil
            }
        }
    }
}
