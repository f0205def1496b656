import Foundation

/// Programs the tests compare with.
enum Command {
    static let openssl = find("openssl")
    static let python = find("python3")
    static let isThere = openssl != nil
    static let missing = "the openssl command makes the tests' certificates; Debian: apt-get install openssl"
    static let missingPython = "python3 and the openssl command are needed"

    private static func find(_ name: String) -> String? {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return paths.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    struct Outcome: Sendable {
        var status: Int32
        /// Standard output and standard error.
        var text: String
    }

    /// Runs a program to its end.
    static func run(_ program: String?, _ arguments: [String]) async throws -> Outcome {
        let running = try RunningCommand(program, arguments)
        running.endInput()
        return await running.outcome()
    }
}

/// A program that runs, its output in a file, which it cannot fill up.
final class RunningCommand: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let outputPath = Certificates.directory + "/output-\(UInt64.random(in: 0...UInt64.max))"

    init(_ program: String?, _ arguments: [String]) throws {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        _ = FileManager.default.createFile(atPath: outputPath, contents: nil)
        let output = FileHandle(forWritingAtPath: outputPath)
        // No test waits longer than this for a program that hangs.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60", program] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    var text: String {
        String(decoding: FileManager.default.contents(atPath: outputPath) ?? Data(), as: UTF8.self)
    }

    func write(_ text: String) {
        if !text.isEmpty { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
    }

    func endInput() { try? input.fileHandleForWriting.close() }

    func terminate() { process.terminate() }

    /// Waits until the output holds a text; false after ten seconds.
    func says(_ wanted: String) async throws -> Bool {
        for _ in 0..<1_000 {
            if text.contains(wanted) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    func outcome() async -> Command.Outcome {
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
        return Command.Outcome(status: process.terminationStatus, text: text)
    }
}
