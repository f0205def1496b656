import JSON

/// `run/tls.json`: where a gateway's TLS ports are, and until when its certificates are valid.
struct TLSDoors: Equatable {
    /// The address of the port for lines, `0.0.0.0:7443`.
    var line: String?
    /// The address of the port for HTTP.
    var http: String?
    /// When the first certificate expires.
    var certificateExpiresAt: Timestamp?

    init(line: String? = nil, http: String? = nil, certificateExpiresAt: Timestamp? = nil) {
        self.line = line
        self.http = http
        self.certificateExpiresAt = certificateExpiresAt
    }

    init(_ json: JSONValue) {
        self.init(
            line: json["line"]?.string, http: json["http"]?.string,
            certificateExpiresAt: json["certificateExpiresAt"]?.string.flatMap { Timestamp($0) })
    }

    /// Without ports when the gateway says none.
    static func read(in directory: DataDirectory) -> TLSDoors {
        guard let bytes = SmallFile.read(directory.tlsFile), let json = try? JSONValue(parsing: bytes) else {
            return TLSDoors()
        }
        return TLSDoors(json)
    }

    /// Both ports, with what each takes.
    var all: [(name: String, address: String)] {
        [line.map { ("TLS, lines", $0) }, http.map { ("TLS, HTTP", $0) }].compactMap(\.self)
    }
}
