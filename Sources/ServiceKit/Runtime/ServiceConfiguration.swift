public import Configuration
public import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What every service is told when it starts. Keys are read from the environment as `GYRE_…`, then from the file that
/// `GYRE_CONFIG` names, which holds the same names as lines `NAME=value`.
public struct ServiceConfiguration: Sendable {
    /// `GYRE_DATA_DIRECTORY`: where databases, sockets and secrets lie. Default `gyre-data`.
    public var dataDirectory: String
    /// `GYRE_LOG_LEVEL`: trace, debug, info, notice, warning, error or critical. Default info.
    public var logLevel: Logger.Level
    /// `GYRE_DATABASE_MEMORY_MIB`: page caches of all databases of a process together. Default 32.
    public var databaseMemoryMebibytes: Int
    /// `GYRE_OPEN_DATABASES`: files that a thread keeps open. Default 128.
    public var openDatabases: Int
    /// `GYRE_LEDGER_REPLICA`: a directory, best on another machine's disk, that gets a copy of the erasure ledger and of
    /// the tombstones' key. Default: none.
    public var ledgerReplica: String?
    /// `GYRE_PEER_USERS`: see ``PeerUsers``. Default: none, one user runs all services.
    public var peerUsers: String?

    public init(
        dataDirectory: String, logLevel: Logger.Level = .info, databaseMemoryMebibytes: Int = 32,
        openDatabases: Int = 128, ledgerReplica: String? = nil, peerUsers: String? = nil
    ) {
        self.dataDirectory = dataDirectory
        self.logLevel = logLevel
        self.databaseMemoryMebibytes = databaseMemoryMebibytes
        self.openDatabases = openDatabases
        self.ledgerReplica = ledgerReplica
        self.peerUsers = peerUsers
    }

    public init(reader: ConfigReader) {
        self.init(
            dataDirectory: reader.string(forKey: "gyre.data.directory", default: "gyre-data"),
            logLevel: reader.string(forKey: "gyre.log.level").flatMap(Logger.Level.init(rawValue:)) ?? .info,
            databaseMemoryMebibytes: reader.int(forKey: "gyre.database.memory.mib", default: 32),
            openDatabases: reader.int(forKey: "gyre.open.databases", default: 128),
            ledgerReplica: reader.string(forKey: "gyre.ledger.replica"),
            peerUsers: reader.string(forKey: "gyre.peer.users"))
    }

    /// `<data>/run`: sockets and process ids.
    public var runDirectory: String { dataDirectory + "/run" }

    /// `<data>/secrets`: key files, outside the databases and outside what a backup of them holds.
    public var secretsDirectory: String { dataDirectory + "/secrets" }

    /// `<data>/ledger`: what was erased, and which installation this is; like the secrets not in a backup.
    public var ledgerDirectory: String { dataDirectory + "/ledger" }

    /// There while `gyre restore` is at work, and after it was ended in the middle.
    public var restoreMarker: String { dataDirectory + "/restoring.json" }

    /// `<data>/<service>`: the databases of one service.
    public func databaseDirectory(of service: String) -> String { dataDirectory + "/" + service }

    /// The socket on which `service` answers its siblings.
    public func socketPath(of service: String) -> String {
        // `gateway.sock` is the public door.
        runDirectory + (service == "gateway" ? "/gateway-internal.sock" : "/\(service).sock")
    }
}

extension ConfigReader {
    /// The environment, then the file that `GYRE_CONFIG` names.
    ///
    /// - Throws: ``ConfigurationFileError`` when there is such a name and no such file, or a line of it has no `=`.
    public static func environmentAndFile() throws -> ConfigReader {
        let environment = EnvironmentVariablesProvider()
        guard let path = getenv("GYRE_CONFIG").map({ String(cString: $0) }) else {
            return ConfigReader(provider: environment)
        }
        let file = EnvironmentVariablesProvider(environmentVariables: try ConfigurationFile.read(path))
        return ConfigReader(providers: [environment, file])
    }
}

/// Why a configuration file could not be used.
public struct ConfigurationFileError: Error, CustomStringConvertible {
    public let description: String
}

enum ConfigurationFile {
    static func read(_ path: String) throws -> [String: String] {
        guard let bytes = FileBytes.read(path) else {
            throw ConfigurationFileError(description: "GYRE_CONFIG names '\(path)', which cannot be read.")
        }
        return try parse(String(decoding: bytes, as: UTF8.self), name: path)
    }

    /// Lines `NAME=value`; empty lines and lines that begin with `#` say nothing.
    static func parse(_ text: String, name: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw ConfigurationFileError(description: "\(name), line \(index + 1): a setting is NAME=value.")
            }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        return values
    }
}
