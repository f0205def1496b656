import Foundation
import Testing

/// The files in `Golden` are what the other tests are held against; here they are held against who wrote them.
@Suite("The oracle of the golden figures")
struct OracleTests {
    private static let script = GoldenFigures.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles/statistics_oracle.py").path()

    private static let isFull = ProcessInfo.processInfo.environment["GYRE_TEST_FULL"] == "1"

    @Test(
        "scipy, statsmodels, gbstats, spotify-confidence, tea-tasting and mpmath still say what the files say",
        .enabled(if: isFull && hasModules, "ops/test --full, with the modules of requirements.txt"),
        arguments: ["distributions", "effects"])
    func goldenFiles(part: String) throws {
        let (status, output) = try Self.run([Self.script, part])
        #expect(status == 0)
        let (told, kept) = (try GoldenFigures(text: output), try GoldenFigures(part))
        #expect(told.samples == kept.samples)
        try #require(told.lines.count == kept.lines.count)
        for (a, b) in zip(told.lines, kept.lines) {
            #expect(a.name == b.name && a.arguments == b.arguments)
            #expect(abs(a.figure - b.figure) <= 1e-11 * abs(b.figure) + 1e-15, "\(a.text) and \(b.text)")
        }
    }

    private static let hasModules =
        (try? run(["-c", "import gbstats, mpmath, scipy, statsmodels, chartify, tea_tasting"]))?
        .status == 0

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
