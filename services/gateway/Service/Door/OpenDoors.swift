import JSON
import Logging
import ServiceKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Says in the run directory where the gateway listens on the network: `tls.json`, and `http.port` once every door is
/// open.
final class OpenDoors: Sendable {
    private struct Addresses {
        /// Whether the first HTTP door is, at a port or at a socket.
        var isHTTPOpen = false
        var httpPort: Int?
        var tlsLine: String?
        var tlsHTTP: String?
        var certificateExpiresAt: Timestamp?
    }

    private let directory: String
    private let awaitsTLSHTTP: Bool
    private let logger: Logger
    private let addresses = Mutex(Addresses())

    /// - Parameter awaitsTLSHTTP: whether there is such a door.
    init(in directory: String, awaitsTLSHTTP: Bool, logger: Logger) {
        self.directory = directory
        self.awaitsTLSHTTP = awaitsTLSHTTP
        self.logger = logger
        // What an earlier process said.
        unlink(directory + "/tls.json")
    }

    /// Whether clients find every door: until then the gateway is not ready.
    var areOpen: Bool { addresses.withLock { $0.isHTTPOpen && ($0.tlsHTTP != nil || !awaitsTLSHTTP) } }

    /// - Parameter httpPort: nil at a socket.
    func opened(httpPort: Int?) {
        change {
            $0.isHTTPOpen = true
            $0.httpPort = httpPort
        }
    }

    func opened(tlsLine address: String) { change { $0.tlsLine = address } }

    func opened(tlsHTTP address: String) { change { $0.tlsHTTP = address } }

    func certificates(expireAt time: Timestamp) { change { $0.certificateExpiresAt = time } }

    private func change(_ change: (inout Addresses) -> Void) {
        addresses.withLock { addresses in
            change(&addresses)
            guard addresses.tlsHTTP != nil || !awaitsTLSHTTP else { return }
            var isWritten = true
            if addresses.tlsLine != nil || addresses.tlsHTTP != nil {
                isWritten = FileBytes.writeDurably(Self.json(addresses), to: directory + "/tls.json")
            }
            if let port = addresses.httpPort {
                isWritten = FileBytes.writeDurably(Array("\(port)\n".utf8), to: directory + "/http.port") && isWritten
            }
            if !isWritten { logger.error("where the doors are cannot be written", metadata: ["to": "\(directory)"]) }
        }
    }

    private static func json(_ addresses: Addresses) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, address) in [("line", addresses.tlsLine), ("http", addresses.tlsHTTP)] {
            guard let address else { continue }
            writer.key(name)
            writer.string(address)
        }
        if let time = addresses.certificateExpiresAt {
            writer.key("certificateExpiresAt")
            writer.string("\(time)")
        }
        writer.endObject()
        return writer.bytes() + Array("\n".utf8)
    }
}
