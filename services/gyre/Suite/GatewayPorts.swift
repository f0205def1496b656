/// Where a suite's gateway listens. What it chose itself it keeps when it is started again, so that clients find it.
struct GatewayPorts: Equatable {
    var http: Int?
    var tlsLine: Int?
    var tlsHTTP: Int?

    /// - Parameters:
    ///   - http: on loopback; nil: not known yet.
    ///   - tls: the addresses of the ports for the world, as far as there are any.
    init(http: Int? = nil, tls: TLSDoors = TLSDoors()) {
        self.http = http
        tlsLine = Self.port(of: tls.line)
        tlsHTTP = Self.port(of: tls.http)
    }

    /// What the gateway's next process gets beside the settings of the suite.
    var settings: [String: String] {
        var settings = ["GYRE_HTTP_PORT": String(http ?? 0)]
        settings["GYRE_TLS_LINE_PORT"] = tlsLine.map { String($0) }
        settings["GYRE_TLS_HTTP_PORT"] = tlsHTTP.map { String($0) }
        return settings
    }

    /// Of `0.0.0.0:7443` or `[::]:7443`.
    private static func port(of address: String?) -> Int? { address?.split(separator: ":").last.flatMap { Int($0) } }
}
