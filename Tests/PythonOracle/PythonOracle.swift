import Foundation

/// A script of `Tests/Oracles` that prints a corpus: cases with the answers of somebody else's code, one a line.
///
/// The scripts take the first python3 on the PATH, and with it the modules of others that `ops/test --full` installs.
/// By hand: `python3 -m venv oracles && oracles/bin/pip install -r Tests/Oracles/requirements.txt`, then the tests with
/// `PATH="$PWD/oracles/bin:$PATH"`.
public struct PythonOracle: Sendable {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles")

    private static let tests = folder.deletingLastPathComponent()

    private let script: URL
    private let golden: URL?
    private let modules: [String]
    /// What a test says that is skipped for want of these modules.
    public let requirement: String

    /// - Parameters:
    ///   - script: a file of `Tests/Oracles`.
    ///   - modules: what it imports beside Python's own.
    ///   - golden: where what it printed is kept, a file of `Tests`, for machines without the modules.
    public init(_ script: String, modules: [String] = [], golden: String? = nil) {
        self.golden = golden.map { Self.tests.appending(path: $0) }
        self.script = Self.folder.appending(path: script)
        self.requirement = "\(script) takes python3 " + modules.joined(separator: ", ")
        self.modules = modules
    }

    /// Whether there is a python3 with the modules; asks it each time.
    public var isAvailable: Bool {
        (try? Self.run(["-c", "import " + (["sys"] + modules).joined(separator: ", ")])) != nil
    }

    /// The fields of each line that the script prints, called with such arguments, by the spaces between them.
    public func cases(_ arguments: String...) throws -> [[String]] {
        Self.fields(try Self.run([script.path] + arguments))
    }

    /// Those of the golden file; in a long test also those that the script prints now.
    public func goldenCases() throws -> [[String]] {
        guard let golden else { return [] }
        let kept = Self.fields(try String(contentsOf: golden, encoding: .utf8))
        return TestScale.isFull && isAvailable ? kept + (try cases()) : kept
    }

    private static func fields(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private struct Failed: Error {
        let status: Int32
    }

    private static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        if arguments.first == "-c" { process.standardError = FileHandle.nullDevice }
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
        return String(decoding: output, as: UTF8.self)
    }
}

/// Whether two numbers are the same but for rounding: within `tolerance` of the largest of the two and `floor`.
public func isClose(_ one: Double, _ other: Double, tolerance: Double = 1e-9, floor: Double = 0) -> Bool {
    if one == other || (one.isNaN && other.isNaN) { return true }
    return abs(one - other) <= tolerance * max(abs(one), abs(other), floor)
}
