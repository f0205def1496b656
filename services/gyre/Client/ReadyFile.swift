import JSON

/// `run/ready.json`: where a suite that is ready can be reached. There only while one runs.
struct ReadyFile: Equatable {
    var url: String
    var socket: String
    var adminSocket: String
    /// The ports for the world, where there are any.
    var tls = TLSDoors()
    /// The demo brand, with `--demo`.
    var brand: String?
    /// The demo brand's key, with `--demo`: why only the owner may read this file.
    var key: String?

    var json: JSONValue {
        var object = JSONObject()
        object["url"] = .string(url)
        object["socket"] = .string(socket)
        object["adminSocket"] = .string(adminSocket)
        object["tlsLine"] = tls.line.map { .string($0) }
        object["tlsHTTP"] = tls.http.map { .string($0) }
        object["brand"] = brand.map { .string($0) }
        object["key"] = key.map { .string($0) }
        return .object(object)
    }

    init(
        url: String, socket: String, adminSocket: String, tls: TLSDoors = TLSDoors(), brand: String? = nil,
        key: String? = nil
    ) {
        self.url = url
        self.socket = socket
        self.adminSocket = adminSocket
        self.tls = tls
        self.brand = brand
        self.key = key
    }

    /// Nil unless `json` has what every ready file has.
    init?(_ json: JSONValue) {
        guard let url = json["url"]?.string, let socket = json["socket"]?.string,
            let adminSocket = json["adminSocket"]?.string
        else { return nil }
        self.init(
            url: url, socket: socket, adminSocket: adminSocket,
            tls: TLSDoors(line: json["tlsLine"]?.string, http: json["tlsHTTP"]?.string),
            brand: json["brand"]?.string, key: json["key"]?.string)
    }

    /// Nil when no suite is ready in the directory.
    static func read(in directory: DataDirectory) -> ReadyFile? {
        guard let bytes = SmallFile.read(directory.readyFile), let json = try? JSONValue(parsing: bytes) else {
            return nil
        }
        return ReadyFile(json)
    }

    func write(in directory: DataDirectory) throws(CommandFailure) {
        try SmallFile.replace(directory.readyFile, with: Array((json.description + "\n").utf8), mode: 0o600)
    }
}
