import Foundation
import JSON
import Testing

/// `Tests/Oracles/json_oracle.py` judges a corpus; the reader must come to the same verdicts and values.
@Suite("Python's json, made strict, as an oracle")
struct PythonOracleTests {
    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles/json_oracle.py").path()

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "Forty thousand mutated documents and ten thousand numbers get the same verdicts and values",
        .enabled(if: python != nil && FileManager.default.fileExists(atPath: script), "needs python3"))
    func sameVerdicts() throws {
        var documents = 0
        var numbers = 0
        for line in try corpus().split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            switch fields[0] {
            case "d":
                documents += 1
                judge(document: bytes(fields[1]), expected: fields.count > 3 ? bytes(fields[3]) : nil)
            case "n":
                numbers += 1
                judge(number: fields[1], bits: fields[2], integer: fields[3])
            default: Issue.record("unknown line \(fields)")
            }
        }
        #expect(documents >= 40_000)
        #expect(numbers >= 8_000)
    }

    private func judge(document: [UInt8], expected: [UInt8]?) {
        let form: [UInt8]?
        do {
            form = try JSONValue(parsing: document).json()
        } catch {
            form = nil
        }
        if form != expected {
            Issue.record("\(String(decoding: document, as: UTF8.self)): \(form as Any) instead of \(expected as Any)")
        }
        if (verdict(document) == nil) != (expected != nil) {
            Issue.record("\(String(decoding: document, as: UTF8.self)): skipping and reading disagree")
        }
    }

    private func judge(number: String, bits: String, integer: String) {
        let double = try? Double(json: number)
        if double?.bitPattern != UInt64(bits, radix: 16) {
            Issue.record("\(number): \(double as Any) instead of \(bits)")
        }
        let integerRead = try? Int64(json: number)
        if integerRead != Int64(integer) {
            Issue.record("\(number): \(integerRead as Any) instead of \(integer)")
        }
    }

    private func corpus() throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [Self.script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let lines = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return lines
    }

    /// What `hex` stands for; "-" for nothing.
    private func bytes(_ hex: String) -> [UInt8] {
        guard hex != "-" else { return [] }
        let digits = Array(hex.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
