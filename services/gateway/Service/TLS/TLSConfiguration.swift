import Configuration
import NIOCore
import TLS

/// The two ports that take TLS; there are none unless one is set.
struct TLSConfiguration: Sendable, Equatable {
    /// `GYRE_TLS_LINE_PORT`: lines of JSON-RPC, as `run/gateway.sock` takes them; 0 lets the system choose. Default: none.
    var linePort: Int?
    /// `GYRE_TLS_HTTP_PORT`: HTTP/1.1 for clients with a key; 0 lets the system choose. Default: none.
    var httpPort: Int?
    /// `GYRE_TLS_ADDRESS`: of the interface that both listen on. Default 0.0.0.0, all of them; `::` is IPv6 too.
    var address = "0.0.0.0"
    /// `GYRE_TLS_CERTIFICATES`: files of certificate chains, separated by commas, and `GYRE_TLS_KEYS`: the file of the
    /// key of each, in the same order. A client gets the first that is for the host it names, or the first of all.
    var certificates: [TLSCertificateFiles]
    /// `GYRE_TLS_MINIMUM_VERSION`: 1.2 or 1.3. Default 1.2.
    var minimumVersion = TLSVersion.version12
    /// `GYRE_TLS_HANDSHAKE_MILLISECONDS`: from the opening of a connection to the end of its handshake. Default 10,000.
    var handshakeTimeout = TimeAmount.seconds(10)

    init(linePort: Int? = nil, httpPort: Int? = nil, certificates: [TLSCertificateFiles]) {
        self.linePort = linePort
        self.httpPort = httpPort
        self.certificates = certificates
    }

    /// Nil without a port.
    init?(reader: ConfigReader) throws(SettingError) {
        linePort = try Self.number("GYRE_TLS_LINE_PORT", "gyre.tls.line.port", in: 0...65_535, reader)
        httpPort = try Self.number("GYRE_TLS_HTTP_PORT", "gyre.tls.http.port", in: 0...65_535, reader)
        guard linePort != nil || httpPort != nil else { return nil }
        address = reader.string(forKey: "gyre.tls.address", default: address)
        certificates = try Self.certificates(
            Self.list(reader.string(forKey: "gyre.tls.certificates")), Self.list(reader.string(forKey: "gyre.tls.keys"))
        )
        if let text = reader.string(forKey: "gyre.tls.minimum.version") {
            guard let version = TLSVersion(rawValue: text) else {
                throw SettingError("GYRE_TLS_MINIMUM_VERSION", "'\(text)' is neither 1.2 nor 1.3.")
            }
            minimumVersion = version
        }
        let milliseconds = try Self.number(
            "GYRE_TLS_HANDSHAKE_MILLISECONDS", "gyre.tls.handshake.milliseconds", in: 100...60_000, reader)
        if let milliseconds { handshakeTimeout = .milliseconds(Int64(milliseconds)) }
    }

    private static func certificates(
        _ chains: [String], _ keys: [String]
    ) throws(SettingError) -> [TLSCertificateFiles] {
        guard !chains.isEmpty else {
            throw SettingError(
                "GYRE_TLS_CERTIFICATES", "a TLS port needs the file of a certificate chain, in PEM; name it here.")
        }
        guard chains.count == keys.count else {
            throw SettingError(
                "GYRE_TLS_KEYS",
                "\(keys.count) key files for the \(chains.count) files in GYRE_TLS_CERTIFICATES; name one for each.")
        }
        guard chains.count <= TLSServerContext.maximumCertificateCount else {
            throw SettingError(
                "GYRE_TLS_CERTIFICATES", "at most \(TLSServerContext.maximumCertificateCount) files can be named.")
        }
        return zip(chains, keys).map { TLSCertificateFiles(certificateChain: $0, privateKey: $1) }
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func number(
        _ name: String, _ key: ConfigKey, in range: ClosedRange<Int>, _ reader: ConfigReader
    ) throws(SettingError) -> Int? {
        guard let text = reader.string(forKey: key), !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw SettingError(
                name, "'\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}

/// A setting with which the gateway does not start: its name, what is wrong, and what to do.
struct SettingError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ setting: String, _ text: String) { description = "\(setting): \(text)" }
}
