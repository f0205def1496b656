import JSON
import PythonOracle
import Testing

/// `Tests/Oracles/json_oracle.py` judges a corpus; the reader must come to the same verdicts and values.
@Suite("Python's json, made strict, as an oracle")
struct PythonOracleTests {
    private static let oracle = PythonOracle("json_oracle.py")

    @Test(
        "Forty thousand mutated documents and ten thousand numbers get the same verdicts and values",
        .enabled(if: oracle.isAvailable, Comment(rawValue: oracle.requirement)))
    func sameVerdicts() throws {
        var documents = 0
        var numbers = 0
        for fields in try Self.oracle.cases() {
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
}
