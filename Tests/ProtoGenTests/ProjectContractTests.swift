import Foundation
import ProtoGen
import Testing

/// The contracts of this project itself.
struct ProjectContractTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    /// Where OpenRPC's meta-schemas lie, beside the project.
    private static let metaSchemas = root.deletingLastPathComponent().appending(path: "shared/data")

    private func documents() throws -> DocumentSet {
        let folder = Self.root.appending(path: "proto-json")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        return try DocumentSet(
            names.map { name in
                SourceFile(name: name, bytes: Array(try Data(contentsOf: folder.appending(path: name))))
            })
    }

    @Test("The contracts are complete: described, limited, with examples that satisfy them")
    func rules() throws {
        try documents().checkRules()
    }

    @Test("The generated files are what the contracts say today")
    func current() throws {
        let folder = Self.root.appending(path: "Sources/APIs")
        var found: [GeneratedFile] = []
        for module in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: module).path)
            for name in names where name.hasSuffix(".swift") {
                let path = "\(module)/\(name)"
                let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
                found.append(GeneratedFile(path: path, text: text))
            }
        }
        try documents().checkCurrent(found, in: "Sources/APIs")
    }

    @Test(
        "Every contract, made complete, is valid by OpenRPC's own meta-schema",
        .enabled(
            if: Oracle.isAvailable(Self.metaSchemas),
            "This takes ../shared/data/openrpc-1.4-schema.json and python3 with the module jsonschema."))
    func metaSchema() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gyre-bundles-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workshop = try DocumentSet(WorkshopSource.files).bundles()
        for file in try documents().bundles() + workshop {
            try Data(file.bytes).write(to: folder.appending(path: file.name))
        }
        let script = Self.root.appending(path: "Tests/Oracles/openrpc_check.py")
        let (status, output) = try Oracle.run([script.path, folder.path, Self.metaSchemas.path])
        #expect(status == 0, "\(output)")
    }
}

/// Runs the oracles, which are Python.
private enum Oracle {
    static func isAvailable(_ schemas: URL) -> Bool {
        guard FileManager.default.fileExists(atPath: schemas.appending(path: "openrpc-1.4-schema.json").path) else {
            return false
        }
        return (try? run(["-c", "import jsonschema, referencing"]))?.status == 0
    }

    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
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
