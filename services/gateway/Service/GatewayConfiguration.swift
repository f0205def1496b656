import Configuration

/// What the gateway is told beside what every service is told.
struct GatewayConfiguration: Sendable {
    /// `GYRE_HTTP_PORT`: the loopback port of `POST /rpc` and the pages; 0 lets the system choose. Default 0.
    let httpPort: Int

    init(httpPort: Int) {
        self.httpPort = httpPort
    }

    init(reader: ConfigReader) {
        self.init(httpPort: reader.int(forKey: "gyre.http.port", default: 0))
    }
}
