import Foundation

/// The independent reader of people's archives, `archive_open.py`.
public enum ArchiveOracle {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "archive_open.py")
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    public static var isAvailable: Bool { python != nil }

    /// What it says of an archive, as one JSON object, and its exit status.
    public static func verdict(
        on archive: [UInt8], passphrase: String, key: String? = nil
    ) throws -> (json: [UInt8], status: Int32) {
        let file = FileManager.default.temporaryDirectory.appending(path: "gyre-archive-\(UUID().uuidString).gyre")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(archive).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: python ?? "/usr/bin/python3")
        process.arguments = [script.path(), file.path(), "--json"] + (key.map { ["--key", $0] } ?? [])
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data((passphrase + "\n").utf8))
        try input.fileHandleForWriting.close()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (Array(text), process.terminationStatus)
    }
}
