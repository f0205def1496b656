import Configuration

/// What the gateway is told beside what every service is told.
struct GatewayConfiguration: Sendable {
    /// `GYRE_HTTP_PORT`: the loopback port of `POST /rpc` and the pages; 0 lets the system choose. Default 0.
    let httpPort: Int
    /// `GYRE_HTTP_SOCKET`: a Unix socket in place of that port, for a gateway without network; whoever may reach it is
    /// the matter of its directory. Default: none.
    let httpSocket: String?
    let limits: LimitsConfiguration

    init(httpPort: Int, httpSocket: String? = nil, limits: LimitsConfiguration = LimitsConfiguration()) {
        self.httpPort = httpPort
        self.httpSocket = httpSocket
        self.limits = limits
    }

    init(reader: ConfigReader) {
        self.init(
            httpPort: reader.int(forKey: "gyre.http.port", default: 0),
            httpSocket: reader.string(forKey: "gyre.http.socket"), limits: LimitsConfiguration(reader: reader))
    }
}
