import GatewayAPI
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceLifecycle

/// The HTTP side of the gateway: everything on loopback, and what clients need over TLS.
enum HTTPServer {
    /// Connections to loopback at a time. A newcomer gets the place of the one that has rested for longest; where all
    /// have something to answer, it waits to be accepted.
    static let maximumConnections = 256
    /// Connections that may come in while the last place is taken: NIO accepts a few at a time.
    static let spareConnections = 16
    /// How long a connection to loopback may take at least until its request has come.
    static let grace = TimeAmount.milliseconds(100)
    /// Connections to loopback that wait to be accepted.
    static let backlog = 1_024
    /// Connections that wait for changes of features, so that others find room beside them.
    static let maximumStreams = 128
    /// Bytes of all headers of a request.
    static let maximumHeaderBytes = 16 << 10
    static let maximumHeaders = 100

    /// What both doors are made from.
    struct Parts: Sendable {
        let door: HTTPDoor
        let openDSR: OpenDSRDoor
        let streamTokens: StreamTokens
        let patience: HTTPPatience.Limits
        let eventLoop: any EventLoop
    }

    /// On loopback, in the clear: `POST /rpc`, the page at `/`, and what monitors ask.
    ///
    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - socket: a Unix socket's path in place of the port.
    ///   - connections: what counts them.
    ///   - streams: where listeners for changes are.
    ///   - onBound: gets the port; nil at a socket.
    static func loopback(
        _ parts: Parts, port: Int, socket: String? = nil, connections: NIOLoopBound<ConnectionCounts>,
        streams: FeatureStreams, pages: Pages, status: SystemStatus, metrics: PrometheusMetrics,
        onBound: @escaping @Sendable (Int?) -> Void
    ) -> some Service {
        let router = Router(context: HTTPContext.self)
        router.add(middleware: ClearHostOnly())
        router.add(middleware: LoopbackOnly())
        addClientRoutes(to: router, parts, streams)
        pages.addRoutes(to: router)
        // Every service answers, can write, and has nothing to complain of.
        router.get("/readyz") { _, _ in
            let all = await status.all()
            let lines = all.map { "\($0.name): \($0.problem ?? ($0.ready ? "ready" : "not ready"))\n" }.joined()
            return text(all.allSatisfy { $0.ready && $0.problem == nil } ? .ok : .serviceUnavailable, lines)
        }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: metrics.text())))
        }
        // Of another service: a monitor asks each by its name.
        router.get("/metrics/:service") { _, context in
            guard let service = context.parameters.get("service"), Siblings.names.contains(service) else {
                return text(.notFound, "There are \(Siblings.names.joined(separator: ", ")).\n")
            }
            guard let figures = await status.metrics(of: service) else {
                return text(.badGateway, "The \(service) service does not answer.\n")
            }
            return text(.ok, figures)
        }
        return application(
            router, parts, at: socket.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: port),
            RoomForNewcomers(connections: connections)
        ) { channel in
            try channel.pipeline.syncOperations.addHandler(
                ConnectionShareHandler(rests: true) { connections.value.open(.address($0)) })
        } onRunning: { channel in
            onBound(channel.localAddress?.port)
        }
    }

    /// Over TLS, for the world: what needs a key or a session, and whether the process answers. The figures and the
    /// state of the services are nobody's business there.
    ///
    /// - Parameters:
    ///   - streams: where listeners for changes are.
    ///   - secure: adds TLS to each new connection.
    ///   - onBound: gets the address.
    static func secure(
        _ parts: Parts, _ configuration: TLSConfiguration, port: Int, streams: FeatureStreams, pages: Pages,
        secure: @escaping @Sendable (any Channel) throws -> Void, onBound: @escaping @Sendable (String) -> Void
    ) -> some Service {
        let router = Router(context: HTTPContext.self)
        router.add(middleware: AddressCharge(door: parts.door))
        router.add(middleware: ClearHostOnly())
        addClientRoutes(to: router, parts, streams)
        pages.addRoutes(to: router)
        let address = configuration.address
        return BoundService(
            application(
                router, parts, at: .hostname(address, port: port), nil, prepare: secure
            ) { channel in
                if let address = channel.localAddress { onBound(address.hostAndPort) }
            }
        ) { error in .port("GYRE_TLS_HTTP_PORT", address, port, error) }
    }

    /// What every HTTP door opens.
    private static func addClientRoutes(
        to router: Router<HTTPContext>, _ parts: Parts, _ streams: FeatureStreams
    ) {
        router.post("/rpc") { request, context in await parts.door.handle(request, from: context.address) }
        parts.openDSR.addRoutes(to: router)
        OFREPDoor(parts.door, streams, parts.streamTokens).addRoutes(to: router)
        GrowthBookDoor(parts.door, streams).addRoutes(to: router)
        // The process answers: that is all it says.
        router.get("/healthz") { _, _ in text(.ok, "ok\n") }
    }

    private static func application(
        _ router: Router<HTTPContext>, _ parts: Parts, at address: BindAddress, _ room: RoomForNewcomers?,
        prepare: @escaping @Sendable (any Channel) throws -> Void,
        onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some Service {
        let patience = parts.patience
        let configuration = HTTP1Channel.Configuration(
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: maximumHeaderBytes, maxHeaderListSize: maximumHeaderBytes,
                maxHeaderFieldCount: maximumHeaders))
        return Application(
            router: router,
            server: HTTPServerBuilder { responder in
                PreparedChannel(
                    base: HTTP1Channel(responder: responder, configuration: configuration), prepare: prepare,
                    patience: patience)
            },
            configuration: ApplicationConfiguration(
                address: address, serverName: "gyre", backlog: backlog, availableConnectionsDelegate: room),
            onServerRunning: onRunning,
            eventLoopGroupProvider: .shared(parts.eventLoop))
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Accepts connections while there is room for them.
private struct RoomForNewcomers: AvailableConnectionsDelegate {
    let connections: NIOLoopBound<ConnectionCounts>

    func connectionOpened() {}
    func connectionClosed() {}
    func isAcceptingNewConnections() -> Bool { connections.value.hasRoom() }
}

/// An HTTP connection with handlers of ours between it and the network, and right behind NIO's decoder.
private struct PreparedChannel: ServerChildChannel {
    let base: HTTP1Channel
    let prepare: @Sendable (any Channel) throws -> Void
    let patience: HTTPPatience.Limits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture { try prepare(channel) }
            .flatMap { base.setup(channel: channel, logger: logger) }
            .flatMapThrowing { value in
                let pipeline = channel.pipeline.syncOperations
                let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self).handler
                try pipeline.addHandlers(
                    [HTTPPatienceHandler(patience), HTTPHostHandler()], position: .after(decoder))
                return value
            }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// A server whose failure, which is that of its port, has words of ours.
private struct BoundService<Base: Service>: Service {
    let base: Base
    let explain: @Sendable (any Error) -> SettingError

    init(_ base: Base, explain: @escaping @Sendable (any Error) -> SettingError) {
        self.base = base
        self.explain = explain
    }

    func run() async throws {
        do {
            try await base.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw explain(error)
        }
    }
}

/// What a request brings beside itself.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's network address, without its port.
    let address: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress
    }
}
