import Foundation

/// The independent verifier of the audit log, `audit_verify.py`.
public enum AuditOracle {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "audit_verify.py")
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    public static var isAvailable: Bool { python != nil }

    /// What it says of an export, as one JSON object, and its exit status.
    public static func verdict(on lines: [UInt8], keyID: String? = nil) throws -> (json: [UInt8], status: Int32) {
        let file = FileManager.default.temporaryDirectory.appending(path: "gyre-audit-\(UUID().uuidString).ndjson")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(lines).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: python ?? "/usr/bin/python3")
        process.arguments = [script.path(), file.path(), "--json"] + (keyID.map { ["--key-id", $0] } ?? [])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (Array(text), process.terminationStatus)
    }
}
