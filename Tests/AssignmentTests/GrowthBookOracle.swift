import Foundation
import JSON
import Testing

/// `Tests/Oracles/assignment_oracle.py`: GrowthBook's Python SDK, where it is installed.
enum GrowthBookOracle {
    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles/assignment_oracle.py").path()

    static let missing: Comment = "needs the PyPI package growthbook 4: ops/test --full installs it"

    static let isThere: Bool = {
        let program = "import importlib.metadata as m; assert m.version('growthbook').split('.')[0] == '4'"
        return (try? run(["-c", program], input: []))?.status == 0
    }()

    /// The lines of the corpus; the same for every test that asks.
    static let corpus: [JSONValue] = {
        guard let output = try? run([script, "corpus", "120000"], input: []).output else { return [] }
        return output.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0)) }
    }()

    /// For each payload the variant that the SDK decides on for each unit.
    static func evaluate(
        _ feature: String, _ asked: [(features: JSONValue, units: [JSONValue])]
    ) throws -> [[String?]] {
        var lines: [UInt8] = []
        for (features, units) in asked {
            let line: JSONValue = ["features": features, "feature": .string(feature), "units": .array(units)]
            lines += line.json() + [0x0A]
        }
        let output = try run([script, "evaluate"], input: lines).output
        return try output.split(separator: 0x0A).map { line in
            try JSONValue(parsing: Array(line)).array?.map(\.string) ?? []
        }
    }

    private static func run(_ arguments: [String], input: [UInt8]) throws -> (output: [UInt8], status: Int32) {
        let file = FileManager.default.temporaryDirectory.appending(path: "gyre-assignment-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(input).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (Array(bytes), process.terminationStatus)
    }
}
