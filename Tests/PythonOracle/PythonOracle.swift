import Foundation

/// A script of `Tests/Oracles`: somebody else's code, or another way to the same answer, in Python.
///
/// The scripts take the first python3 on the PATH, and with it the modules of others that `ops/test --full` installs.
/// By hand: `python3 -m venv oracles && oracles/bin/pip install -r Tests/Oracles/requirements.txt`, then the tests with
/// `PATH="$PWD/oracles/bin:$PATH"`.
public struct PythonOracle: Sendable {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    private let script: URL
    private let golden: URL?
    private let modules: [String]
    /// What a test says that is skipped for want of Python or these modules.
    public let requirement: String

    /// - Parameters:
    ///   - script: a file of `Tests/Oracles`.
    ///   - modules: what it imports beside Python's own.
    ///   - golden: where what it printed is kept, a file of `Tests`, for machines without the modules.
    public init(_ script: String, modules: [String] = [], golden: String? = nil) {
        self.golden = golden.map { Self.tests.appending(path: $0) }
        self.script = Self.tests.appending(path: "Oracles/\(script)")
        self.requirement = "\(script) takes " + (["python3"] + modules).joined(separator: ", ")
        self.modules = modules
    }

    /// Whether there is a python3 with the modules; asks it each time.
    public var isAvailable: Bool { Self.succeeds("import " + (["sys"] + modules).joined(separator: ", ")) }

    /// Whether there is a python3 that runs a program of one line to its end.
    public static func succeeds(_ program: String) -> Bool {
        (try? python(["-c", program], hidesErrors: true))?.status == 0
    }

    /// What the script prints and how it ends, called with such arguments and fed such bytes.
    public func run(
        _ arguments: [String] = [], input: [UInt8] = []
    ) throws -> (output: [UInt8], status: Int32) {
        try Self.python([script.path] + arguments, input: input)
    }

    /// What a script prints that judges a file: the arguments follow its name.
    public func judge(
        _ file: [UInt8], _ arguments: [String] = [], input: [UInt8] = []
    ) throws -> (output: [UInt8], status: Int32) {
        try Self.withFile(file) { try run([$0.path] + arguments, input: input) }
    }

    /// The fields of each line that the script prints, called with such arguments, by the spaces between them.
    public func cases(_ arguments: String...) throws -> [[String]] {
        let (output, status) = try run(arguments)
        guard status == 0 else { throw Failed(status: status) }
        return Self.fields(String(decoding: output, as: UTF8.self))
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

    private static func python(
        _ arguments: [String], input: [UInt8] = [], hidesErrors: Bool = false
    ) throws -> (output: [UInt8], status: Int32) {
        try withFile(input) { file in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3"] + arguments
            process.standardInput = try FileHandle(forReadingFrom: file)
            if hidesErrors { process.standardError = FileHandle.nullDevice }
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (Array(bytes), process.terminationStatus)
        }
    }

    private static func withFile<T>(_ bytes: [UInt8], _ body: (URL) throws -> T) throws -> T {
        let file = FileManager.default.temporaryDirectory.appending(path: "gyre-oracle-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try body(file)
    }
}

/// What hexadecimal digits in small letters stand for; "-" for nothing.
public func bytes(_ hex: String) -> [UInt8] {
    guard hex != "-" else { return [] }
    let digits = Array(hex.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Whether two numbers are the same but for rounding: within `tolerance` of the largest of the two and `floor`.
public func isClose(_ one: Double, _ other: Double, tolerance: Double = 1e-9, floor: Double = 0) -> Bool {
    if one == other || (one.isNaN && other.isNaN) { return true }
    return abs(one - other) <= tolerance * max(abs(one), abs(other), floor)
}
