import Foundation

/// OpenRPC's own meta-schema, applied by `openrpc_check.py`.
public enum OpenRPCOracle {
    /// What a test without it says.
    public static let requirement =
        "This takes ../shared/data/openrpc-1.4-schema.json and python3 with the module jsonschema."

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    /// Where OpenRPC's meta-schemas lie, beside the project.
    private static let schemas = folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/data")

    public static var isAvailable: Bool {
        guard FileManager.default.fileExists(atPath: schemas.appending(path: "openrpc-1.4-schema.json").path) else {
            return false
        }
        return (try? run(["-c", "import jsonschema, referencing"]))?.status == 0
    }

    /// What is wrong with complete documents; nil when all of them are valid.
    public static func problems(of documents: [(name: String, bytes: [UInt8])]) throws -> String? {
        let files = FileManager.default.temporaryDirectory.appending(path: "gyre-openrpc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        for document in documents {
            try Data(document.bytes).write(to: files.appending(path: document.name))
        }
        let script = folder.appending(path: "openrpc_check.py")
        let (status, output) = try run([script.path, files.path, schemas.path])
        return status == 0 ? nil : output
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
