import Foundation
import Testing

/// A certificate and its key, made by the openssl command in a directory that goes with this object.
final class TestCertificate: Sendable {
    static let openssl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/openssl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    static let isThere = openssl != nil
    static let missing: Comment = "the openssl command makes the certificate; Debian: apt-get install openssl"

    let directory = NSTemporaryDirectory() + "gyre-door-\(UInt64.random(in: 0...UInt64.max))"

    var chain: String { directory + "/chain.pem" }
    var key: String { directory + "/key.pem" }
    /// What a gateway is told about it.
    var settings: [String: String] {
        ["GYRE_TLS_ADDRESS": "127.0.0.1", "GYRE_TLS_CERTIFICATES": chain, "GYRE_TLS_KEYS": key]
    }

    /// - Parameters:
    ///   - days: from now; less than 0 is in the past.
    init(for host: String = "localhost", days: Int = 2) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try run([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host, "-keyout",
            "key.pem", "-out", "request.pem",
        ])
        try Data("subjectAltName=DNS:\(host)\nbasicConstraints=critical,CA:TRUE\n".utf8)
            .write(to: URL(fileURLWithPath: directory + "/extensions"))
        try run([
            "x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", "\(days)", "-extfile", "extensions",
            "-out", "chain.pem",
        ])
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Puts this certificate and key where those of another are.
    func replace(_ other: TestCertificate) throws {
        for (from, to) in [(chain, other.chain), (key, other.key)] {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
        }
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.openssl ?? "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
