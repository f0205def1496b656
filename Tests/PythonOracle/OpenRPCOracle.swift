import Foundation

/// OpenRPC's own meta-schema, applied by `openrpc_check.py`.
public enum OpenRPCOracle {
    /// What a test without it says.
    public static let requirement =
        "This takes ../shared/data/openrpc-1.4-schema.json and python3 with the module jsonschema."

    /// Where OpenRPC's meta-schemas lie, beside the project.
    private static let schemas = PythonOracle.tests.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data")

    private static let script = PythonOracle("openrpc_check.py", modules: ["jsonschema", "referencing"])

    public static var isAvailable: Bool {
        FileManager.default.fileExists(atPath: schemas.appending(path: "openrpc-1.4-schema.json").path)
            && script.isAvailable
    }

    /// What is wrong with complete documents; nil when all of them are valid.
    public static func problems(of documents: [(name: String, bytes: [UInt8])]) throws -> String? {
        let files = FileManager.default.temporaryDirectory.appending(path: "gyre-openrpc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        for document in documents {
            try Data(document.bytes).write(to: files.appending(path: document.name))
        }
        let (output, status) = try script.run([files.path, schemas.path])
        return status == 0 ? nil : String(decoding: output, as: UTF8.self)
    }
}
