public import NIOCore
import NIOHTTP1
import NIOPosix
public import TLS

/// Sends messages to servers that strangers name: HTTP/1.1, one `POST` a connection.
///
/// ```swift
/// let client = OutboundHTTPClient(on: group, tls: try TLSClientContext())
/// let status = try await client.post(body, to: try OutboundURL("https://shop.example/hook"), headers: [:])
/// ```
///
/// - **Where to.** The host's addresses are looked up once, held against ``AddressRange``, and the connection goes to
///   the very address that was checked: a name that answers differently the next time changes nothing. Addresses of
///   this machine and of private networks are only for the hosts that ``Permissions`` names, and `http` only for those
///   of them that are this machine's.
/// - **Who is there.** TLS verifies the chain and the host's name; see ``TLSClientContext``.
/// - **What comes back** is the status. Redirects are not followed: the address of the next host would be the
///   stranger's choice again. The body of the answer is not read.
/// - **Bounds.** See ``Limits``; how long the look-up of a name may take, the machine's resolver is told
///   (`resolv.conf`).
public struct OutboundHTTPClient: Sendable {
    /// How long things may take, and how large they may be.
    public struct Limits: Sendable {
        /// For one address to take the connection.
        public var connect = TimeAmount.seconds(5)
        /// Addresses of a host that are tried.
        public var addresses = 2
        /// From the connection to the status, the handshake of TLS included.
        public var answer = TimeAmount.seconds(10)
        /// Bytes of an answer's headers.
        public var headerBytes = 16 << 10

        public init() {}
    }

    /// The hosts that may have an address which is not public.
    public struct Permissions: Sendable {
        /// In lower case, as they stand in URLs.
        public var privateHosts: Set<String>

        public init(privateHosts: Set<String> = []) {
            self.privateHosts = privateHosts
        }

        /// Whether a URL can be sent to at all.
        /// - Throws: `notAllowed` for `http` to a host that is not named.
        public func check(_ url: OutboundURL) throws(OutboundHTTPError) {
            guard url.scheme == .https || privateHosts.contains(url.host) else {
                throw OutboundHTTPError(reason: .notAllowed, text: "is not https")
            }
        }

        fileprivate func allows(_ address: SocketAddress, of url: OutboundURL) -> Bool {
            if AddressRange.isPublic(address) { return url.scheme == .https }
            guard privateHosts.contains(url.host) else { return false }
            return url.scheme == .https || AddressRange.isLoopback(address)
        }
    }

    private let group: any EventLoopGroup
    private let tls: TLSClientContext
    private let permissions: Permissions
    private let limits: Limits
    private let resolver: HostResolver

    public init(
        on group: any EventLoopGroup, tls: TLSClientContext, permissions: Permissions = Permissions(),
        limits: Limits = Limits(), resolver: HostResolver = .system
    ) {
        self.group = group
        self.tls = tls
        self.permissions = permissions
        self.limits = limits
        self.resolver = resolver
    }

    /// Sends `body`, and answers with the status of the reply, whatever it is.
    ///
    /// - Parameter headers: beside Host, Content-Length and Connection, which this adds.
    public func post(
        _ body: [UInt8], to url: OutboundURL, headers: [(name: String, value: String)]
    ) async throws(OutboundHTTPError) -> Int {
        try permissions.check(url)
        do {
            return try await send(body, to: url, headers)
        } catch let error as OutboundHTTPError {
            throw error
        } catch {
            throw OutboundHTTPError(reason: .noAnswer, text: "\(url.origin): \(error)")
        }
    }

    private func send(
        _ body: [UInt8], to url: OutboundURL, _ headers: [(name: String, value: String)]
    ) async throws -> Int {
        let found = (try? await resolver.resolve(url.host, port: url.port)) ?? []
        guard !found.isEmpty else {
            throw OutboundHTTPError(reason: .unresolved, text: "\(url.host) has no address")
        }
        let allowed = found.filter { permissions.allows($0, of: url) }
        guard !allowed.isEmpty else {
            throw OutboundHTTPError(
                reason: .notAllowed,
                text: "\(url.host) has an address of this machine or of a private network, and is not named as a "
                    + "private host")
        }
        let channel = try await connect(to: allowed.prefix(limits.addresses), of: url)
        return try await withTaskCancellationHandler {
            try await exchange(body, over: channel, with: url, headers)
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Connects to the first of the addresses that takes it. Nothing is read before the exchange begins.
    private func connect(to addresses: ArraySlice<SocketAddress>, of url: OutboundURL) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(limits.connect)
            .channelOption(.autoRead, value: false)
        for address in addresses {
            if let channel = try? await bootstrap.connect(to: address).get() { return channel }
            try Task.checkCancellation()
        }
        throw OutboundHTTPError(reason: .unreachable, text: "\(url.origin) takes no connection")
    }

    private func exchange(
        _ body: [UInt8], over channel: any Channel, with url: OutboundURL, _ headers: [(name: String, value: String)]
    ) async throws -> Int {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: url.target)
        head.headers.add(name: "Host", value: url.authority)
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        head.headers.add(name: "Connection", value: "close")
        let status = channel.eventLoop.makePromise(of: Int.self)
        return try await channel.eventLoop.flatSubmit { [head, limits, tls] in
            let pipeline = channel.pipeline.syncOperations
            do {
                let exchange = PostExchange(
                    head, body, isSecure: url.scheme == .https, within: limits.answer, status, origin: url.origin)
                if url.scheme == .https { try pipeline.addHandler(TLSHandler(tls, serverName: url.host)) }
                var bounds = NIOHTTPDecoderLimitConfiguration()
                bounds.maxHeaderListSize = limits.headerBytes
                bounds.maxHeaderFieldSize = limits.headerBytes
                try pipeline.addHandler(HTTPRequestEncoder())
                try pipeline.addHandler(
                    ByteToMessageHandler(
                        HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: bounds)))
                try pipeline.addHandler(exchange)
                exchange.begin()
            } catch {
                status.fail(error)
                channel.close(promise: nil)
            }
            return status.futureResult
        }.get()
    }
}
