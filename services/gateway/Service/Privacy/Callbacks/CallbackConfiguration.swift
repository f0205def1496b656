import Configuration
import OutboundHTTP
import TLS

/// As whom and to whom changes of privacy requests are told. Keys: `GYRE_…`.
struct CallbackConfiguration: Sendable, Equatable {
    /// What stands for a host that nobody has named.
    static let noDomain = "localhost"

    /// `GYRE_PROCESSOR_DOMAIN`: the host under which other companies reach this suite; at most 64 bytes. Default
    /// localhost: they cannot.
    var domain = Self.noDomain
    /// `GYRE_PROCESSOR_CERTIFICATE`: the certificate for that host, of an RSA key, in PEM. Default: one is made.
    var certificateFile: String?
    /// `GYRE_PROCESSOR_KEY`: its private key, in PEM without a passphrase.
    var keyFile: String?
    /// `GYRE_CALLBACK_PRIVATE_HOSTS`: hosts, separated by commas, that may have an address of this machine or of a
    /// private network; those of this machine may be told over `http`. Default: none.
    var privateHosts: Set<String> = []
    /// `GYRE_CALLBACK_ROOTS`: whose certificates are believed, a file in PEM. Default: the machine's store.
    var rootsFile: String?

    init() {}

    init(reader: ConfigReader) {
        domain = reader.string(forKey: "gyre.processor.domain", default: domain).lowercased()
        certificateFile = reader.string(forKey: "gyre.processor.certificate")
        keyFile = reader.string(forKey: "gyre.processor.key")
        privateHosts = Set(
            reader.string(forKey: "gyre.callback.private.hosts", default: "").lowercased().split(separator: ",").map {
                $0.filter { $0 != " " }
            })
        rootsFile = reader.string(forKey: "gyre.callback.roots")
    }

    var permissions: OutboundHTTPClient.Permissions { OutboundHTTPClient.Permissions(privateHosts: privateHosts) }

    var roots: TLSClientContext.Roots { rootsFile.map { .file($0) } ?? .system }
}
