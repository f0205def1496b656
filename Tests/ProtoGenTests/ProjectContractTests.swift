import Foundation
import ProtoGen
import PythonOracle
import Testing

/// The contracts of this project itself.
struct ProjectContractTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

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
        .enabled(if: OpenRPCOracle.isAvailable, Comment(rawValue: OpenRPCOracle.requirement)))
    func metaSchema() throws {
        let bundles = try documents().bundles() + DocumentSet(WorkshopSource.files).bundles()
        let files = bundles.map { (name: $0.name, bytes: $0.bytes) }
        let problems = try OpenRPCOracle.problems(of: files)
        #expect(problems == nil)
    }
}
