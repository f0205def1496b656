import Configuration

/// What the gateway is told beside what every service is told.
struct GatewayConfiguration: Sendable {
    /// `GYRE_HTTP_PORT`: the loopback port of `POST /rpc` and the pages; 0 lets the system choose. Default 0.
    let httpPort: Int
    /// `GYRE_HTTP_SOCKET`: a Unix socket in place of that port, for a gateway without network; whoever may reach it is
    /// the matter of its directory. Default: none.
    let httpSocket: String?
    /// `GYRE_ACCESS_LOG`: the file of the access log, or `off`. Default: `access.log` among the gateway's databases.
    let accessLog: String?
    /// `GYRE_ACCESS_LOG_MEBIBYTES`: when the file is as large, another is begun, and one before it is kept. Default 64.
    let accessLogMebibytes: Int
    /// The ports for the world; nil while none is set.
    let tls: TLSConfiguration?
    let limits: LimitsConfiguration
    let callbacks: CallbackConfiguration

    /// - Throws: for a setting of TLS that cannot be; the others have defaults.
    init(reader: ConfigReader) throws(SettingError) {
        httpPort = reader.int(forKey: "gyre.http.port", default: 0)
        httpSocket = reader.string(forKey: "gyre.http.socket")
        accessLog = reader.string(forKey: "gyre.access.log")
        accessLogMebibytes = max(1, reader.int(forKey: "gyre.access.log.mebibytes", default: 64))
        tls = try TLSConfiguration(reader: reader)
        limits = LimitsConfiguration(reader: reader)
        callbacks = CallbackConfiguration(reader: reader)
    }
}
