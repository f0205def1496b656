import Foundation
import TLS

/// Certificates for the tests, made once by the openssl command in a temporary directory and gone with the process.
enum Certificates {
    static let directory: String = {
        let path = NSTemporaryDirectory() + "gyre-tls-\(UInt64.random(in: 0...UInt64.max))"
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        atexit { try? FileManager.default.removeItem(atPath: Certificates.directory) }
        return path
    }()

    /// The one root the tests trust. Everything else but `selfSigned` is signed by an intermediate under it.
    static var root: String { made; return path("root.pem") }
    static var roots: TLSClientContext.Roots { .file(root) }
    /// For localhost and 127.0.0.1.
    static var localhost: TLSCertificateFiles { files("localhost") }
    /// For shop.example and every name under it.
    static var shop: TLSCertificateFiles { files("shop") }
    /// For localhost, like the first, but another certificate.
    static var renewed: TLSCertificateFiles { files("renewed") }
    static var expired: TLSCertificateFiles { files("expired") }
    static var selfSigned: TLSCertificateFiles { files("self-signed") }

    static func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// A new file; its permissions are those of a secret unless told otherwise.
    static func file(_ contents: String, permissions: Int = 0o600) -> String {
        let path = path("file-\(UInt64.random(in: 0...UInt64.max)).pem")
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(contents.utf8), attributes: [.posixPermissions: permissions])
        return path
    }

    static func copy(_ path: String, to other: String) throws {
        try Data(text(path).utf8).write(to: URL(fileURLWithPath: other))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
    }

    static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    private static func files(_ name: String) -> TLSCertificateFiles {
        made
        return TLSCertificateFiles(certificateChain: path(name + ".pem"), privateKey: path(name + ".key"))
    }

    private static let made: Void = {
        let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let selfSigned = ["req", "-x509", "-days", "2"]
        openssl(selfSigned + ["-subj", "/CN=Root", "-keyout", "root.key", "-out", "root.pem"] + elliptic)
        openssl(["req", "-subj", "/CN=Between", "-keyout", "between.key", "-out", "between.csr"] + elliptic)
        sign("between", by: "root", extensions: "basicConstraints=critical,CA:TRUE")
        let names = "subjectAltName="
        for (name, extensions, days) in [
            ("localhost", names + "DNS:localhost,IP:127.0.0.1", "1"), ("renewed", names + "DNS:localhost", "1"),
            ("shop", names + "DNS:shop.example,DNS:*.shop.example", "1"), ("expired", names + "DNS:localhost", "-1"),
        ] {
            openssl(["req", "-subj", "/CN=\(name)", "-keyout", name + ".key", "-out", name + ".csr"] + elliptic)
            sign(name, by: "between", extensions: extensions, days: days)
            // The chain that a server sends: its own certificate, then the one between.
            let chain = text(path(name + ".pem")) + text(path("between.pem"))
            try? Data(chain.utf8).write(to: URL(fileURLWithPath: path(name + ".pem")))
        }
        openssl(
            selfSigned + elliptic + [
                "-subj", "/CN=localhost", "-addext", names + "DNS:localhost", "-keyout", "self-signed.key", "-out",
                "self-signed.pem",
            ])
    }()

    private static func sign(_ name: String, by issuer: String, extensions: String, days: String = "1") {
        let extensionFile = file(extensions + "\n")
        openssl([
            "x509", "-req", "-in", name + ".csr", "-CA", issuer + ".pem", "-CAkey", issuer + ".key", "-days", days,
            "-set_serial", "\(UInt32.random(in: 1...UInt32.max))", "-extfile", extensionFile, "-out", name + ".pem",
        ])
    }

    @discardableResult
    static func openssl(_ arguments: [String]) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Command.openssl ?? "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

extension TLSServerContext {
    convenience init(
        _ files: TLSCertificateFiles, _ applicationProtocols: [String] = [],
        versions: ClosedRange<TLSVersion> = .version12 ... .version13
    ) throws(TLSError) {
        try self.init(certificates: [files], applicationProtocols: applicationProtocols, versions: versions)
    }
}
