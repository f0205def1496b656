import GatewayAPI
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import NIOCore
import ServiceKit
import ServiceLifecycle

/// The HTTP side of the gateway, on loopback: `POST /rpc`, the page at `/`, and what monitors ask.
enum HTTPServer {
    /// Connections at a time; further ones wait to be accepted.
    static let maximumConnections = 256
    /// Bytes of all headers of a request.
    static let maximumHeaderBytes = 16 << 10
    static let maximumHeaders = 100

    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - socket: a Unix socket's path in place of the port.
    ///   - onBound: gets the port.
    static func make(
        port: Int, socket: String? = nil, on group: any EventLoopGroup, door: HTTPDoor, pages: StatusPage,
        status: SystemStatus, metrics: PrometheusMetrics, patience: HTTPPatience.Limits,
        onBound: @escaping @Sendable (Int) -> Void
    ) -> some Service {
        let router = Router(context: HTTPContext.self)
        router.add(middleware: LoopbackOnly())
        router.post("/rpc") { request, context in await door.handle(request, from: context.address) }
        router.get("/") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await pages.html())))
        }
        // The process answers: that is all it says.
        router.get("/healthz") { _, _ in text(.ok, "ok\n") }
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
        return Application(
            router: router,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [HTTPPatienceHandler(patience)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: maximumHeaderBytes, maxHeaderListSize: maximumHeaderBytes,
                        maxHeaderFieldCount: maximumHeaders))),
            configuration: ApplicationConfiguration(
                address: socket.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: port),
                serverName: "gyre",
                availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { onBound(port) }
            },
            eventLoopGroupProvider: .shared(group))
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
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
