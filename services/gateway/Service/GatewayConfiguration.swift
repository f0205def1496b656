import Configuration

/// What the gateway is told beside what every service is told.
struct GatewayConfiguration: Sendable {
    /// `GYRE_HTTP_PORT`: the loopback port of `POST /rpc` and the pages; 0 lets the system choose. Default 0.
    let httpPort: Int
    let limits: LimitsConfiguration

    init(httpPort: Int, limits: LimitsConfiguration = LimitsConfiguration()) {
        self.httpPort = httpPort
        self.limits = limits
    }

    init(reader: ConfigReader) {
        self.init(
            httpPort: reader.int(forKey: "gyre.http.port", default: 0), limits: LimitsConfiguration(reader: reader))
    }
}
