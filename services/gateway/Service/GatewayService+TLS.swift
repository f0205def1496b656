import CoreMetrics
import JSON
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceKit
import ServiceLifecycle
import TLS

extension GatewayService {
    /// Opens the TLS ports that are set.
    ///
    /// - Parameter http: makes the service behind the HTTP port, from what secures a connection and who is told the
    ///   address once it listens.
    static func openTLS(
        _ configuration: TLSConfiguration, _ environment: ServiceEnvironment, _ parts: inout ServiceParts,
        gate: NIOLoopBound<Gate>, limits: LimitsConfiguration, doors: OpenDoors,
        http: (
            _ secure: @escaping @Sendable (any Channel) throws -> Void, _ onBound: @escaping @Sendable (String) -> Void
        ) -> any Service
    ) async throws {
        let tls = try TLSDoors(configuration, clock: environment.runtime.clock)
        let expiry = Gauge(label: "gyre_tls_certificate_expires_seconds")
        let announce: @Sendable () -> Void = {
            doors.certificates(expireAt: tls.expiresAt)
            expiry.record(tls.expiresAt.microseconds / 1_000_000)
        }
        announce()
        let logger = environment.logger
        parts.reloads.append {
            tls.reload(logger)
            announce()
        }
        let secure = try await secure(tls, gate, limits, on: environment.eventLoop)
        if let port = configuration.linePort {
            let server = try await line(configuration.address, port, environment.eventLoop) {
                try secure($0, .line)
            } makeHandler: { peer in
                ClientDoor(gate.value, for: Caller(.address(peer.ipAddress), limits.address, door: "tls"))
            }
            parts.services.append(SocketService(server))
            doors.opened(tlsLine: server.address.hostAndPort)
        }
        if configuration.httpPort != nil {
            parts.services.append(http({ try secure($0, .http) }, { doors.opened(tlsHTTP: $0) }))
        }
    }

    /// What stands between the network and either door: the share of the address, then TLS.
    private static func secure(
        _ tls: TLSDoors, _ gate: NIOLoopBound<Gate>, _ limits: LimitsConfiguration, on eventLoop: any EventLoop
    ) async throws -> @Sendable (any Channel, TLSDoors.Door) throws -> Void {
        let connections = try await eventLoop.submit {
            NIOLoopBound(
                ConnectionCounts(
                    maximum: limits.connectionsPerAddress, total: TLSDoors.maximumConnections, grace: TLSDoors.grace),
                eventLoop: eventLoop)
        }.get()
        return { channel, door in
            try channel.pipeline.syncOperations.addHandler(
                ConnectionShareHandler(rests: door == .http) { address in
                    let caller = Caller(.address(address), limits.address)
                    guard gate.value.chargeStranger(caller, cost: TLSDoors.handshakeCost) == nil else { return nil }
                    return connections.value.open(.address(address))
                })
            try tls.secure(channel, as: door)
        }
    }

    private static func line(
        _ host: String, _ port: Int, _ eventLoop: any EventLoop,
        secure: @escaping @Sendable (any Channel) throws -> Void,
        makeHandler: @escaping @Sendable (SocketAddress) -> ClientDoor
    ) async throws -> NetworkServer {
        do {
            return try await NetworkServer.bind(
                host: host, port: port, on: eventLoop, limits: .publicEdge, secure: secure, makeHandler: makeHandler)
        } catch {
            throw SettingError.port("GYRE_TLS_LINE_PORT", host, port, error)
        }
    }
}

extension SettingError {
    /// A port that nobody can listen on.
    static func port(_ setting: String, _ host: String, _ port: Int, _ cause: any Error) -> SettingError {
        SettingError(
            setting,
            "port \(port) of \(host) (GYRE_TLS_ADDRESS) cannot be listened on: \(cause). "
                + "Is it another program's, or below 1024, or the address not this machine's?")
    }
}

extension SocketAddress {
    /// `192.0.2.1:7443`, `[::]:7443`.
    var hostAndPort: String {
        let host = ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(port ?? 0)"
    }
}
