import JSON
import PythonOracle
import Testing

/// `Tests/Oracles/assignment_oracle.py`: GrowthBook's Python SDK, where it is installed.
enum GrowthBookOracle {
    private static let oracle = PythonOracle("assignment_oracle.py")

    static let missing: Comment = "needs the PyPI package growthbook 4: ops/test --full installs it"

    static let isThere = PythonOracle.succeeds(
        "import importlib.metadata as m; assert m.version('growthbook').split('.')[0] == '4'")

    /// The lines of the corpus; the same for every test that asks.
    static let corpus: [JSONValue] = {
        guard let output = try? oracle.run(["corpus", "120000"]).output else { return [] }
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
        let output = try oracle.run(["evaluate"], input: lines).output
        return try output.split(separator: 0x0A).map { line in
            try JSONValue(parsing: Array(line)).array?.map(\.string) ?? []
        }
    }
}
