import CoreMetrics
import JSON
import JSONRPCUnixSocket
import Logging
import NIOCore
import ServiceKit
import TLS

/// What the TLS ports have in common: certificates that can be renewed while connections are open, and their limits.
struct TLSDoors: Sendable {
    enum Door: String, Sendable {
        case line, http

        /// What a client may name with ALPN. One that names protocols and not this one is refused: so no browser can be
        /// led to talk HTTP to the door for lines.
        var applicationProtocol: String {
            switch self {
            case .line: "jsonrpc"
            case .http: "http/1.1"
            }
        }
    }

    /// Connections of both ports together.
    static let maximumConnections = 4_096
    /// How long a connection for HTTP may take at least until its request has come, before a newcomer gets its place.
    static let grace = TimeAmount.seconds(1)
    /// What a connection costs its address, in calls without a key: a handshake takes about as long as so many of them.
    static let handshakeCost: Int64 = 100

    private let line: TLSServerContexts
    private let http: TLSServerContexts
    private let handshakeTimeout: TimeAmount

    /// - Throws: ``SettingError`` for a file that cannot be used, and for a certificate that is not valid now.
    init(_ configuration: TLSConfiguration, clock: ServiceKit.Clock) throws {
        func contexts(_ door: Door) throws -> TLSServerContexts {
            try TLSServerContexts {
                try Self.context(configuration, for: door, at: clock.now().microseconds / 1_000_000)
            }
        }
        line = try contexts(.line)
        http = try contexts(.http)
        handshakeTimeout = configuration.handshakeTimeout
    }

    private static func context(
        _ configuration: TLSConfiguration, for door: Door, at now: Int64
    ) throws(SettingError) -> TLSServerContext {
        do throws(TLSError) {
            return try TLSServerContext(
                certificates: configuration.certificates, applicationProtocols: [door.applicationProtocol],
                versions: configuration.minimumVersion ... .version13, validAt: now)
        } catch {
            // The text begins with the file that is to blame.
            let isKey = configuration.certificates.contains { error.text.hasPrefix($0.privateKey + " ") }
            throw SettingError(isKey ? "GYRE_TLS_KEYS" : "GYRE_TLS_CERTIFICATES", error.text + ".")
        }
    }

    /// When the first certificate ceases to be valid.
    var expiresAt: Timestamp { Timestamp(microseconds: http.current.expiresAt * 1_000_000) }

    /// Puts TLS between the network and what is added to the connection after it.
    func secure(_ channel: any Channel, as door: Door) throws {
        var limits = TLSLimits()
        limits.handshakeTimeout = handshakeTimeout
        // HTTP answers one request at a time, and waits until it is read.
        if door == .line { limits.unsentBytes = UnixSocketLimits.publicEdge.unsentBytes }
        let contexts = door == .line ? line : http
        try channel.pipeline.syncOperations.addHandlers([
            TLSHandler(contexts.current, limits: limits), TLSMetricsHandler(door),
        ])
    }

    /// Reads the files again, for handshakes to come. If one cannot be used, all stay as they were.
    func reload(_ logger: Logger) {
        do {
            try line.reload()
            try http.reload()
            logger.notice("TLS certificates read again", metadata: ["expiresAt": "\(expiresAt)"])
        } catch {
            logger.error(
                "the TLS certificates cannot be read again; those of before stay in use",
                metadata: ["cause": "\(error)"])
        }
    }
}

/// Counts how handshakes and connections end. The labels are words of ours.
private final class TLSMetricsHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let door: TLSDoors.Door

    init(_ door: TLSDoors.Door) { self.door = door }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let session = event as? TLSSession {
            count("gyre_tls_handshakes_total", ("version", session.version.rawValue))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            let isHandshake = error.place == .handshake
            count(
                isHandshake ? "gyre_tls_refused_handshakes_total" : "gyre_tls_broken_connections_total",
                ("reason", error.reason.rawValue))
        }
        context.fireErrorCaught(error)
    }

    private func count(_ name: String, _ label: (String, String)) {
        Counter(label: name, dimensions: [("door", door.rawValue), label]).increment()
    }
}
