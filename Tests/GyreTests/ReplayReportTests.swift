import ExperimentsAPI
import JSON
import JSONRPC
import Testing

@testable import Gyre

/// What people read of replays, and what they write.
@Suite struct ReplayReportTests {
    private static let replay = """
        {"id":"01930000-0000-7000-8000-0000000000a2","policyVersionId":"01930000-0000-7000-8000-0000000000a3",
        "datasetId":"01930000-0000-7000-8000-0000000000a1","target":{"type":"uniform"},
        "baselineTarget":{"type":"logged"},"metric":"reward","direction":"higherIsBetter","estimators":["snips","ips"],
        "decidedBy":"snips","status":"completed","doneRows":1200,"totalRows":1200,"createdAt":"2026-01-01T00:00:00Z",
        "endedAt":"2026-01-01T00:00:01Z","results":{"rows":1190,"leftOutRows":0,"withheldRows":10,
        "support":{"rows":1190,"matches":1190,"effectiveSampleSize":904.4,"largestWeight":12345.67,"meanWeight":1,
        "unsupportedRows":0,"unsupportedShare":0,"concerns":["A single decision makes up 12.0 % of the weight."]},
        "estimates":[{"estimator":"snips","assumptions":["x"],"target":{"value":1.23456,"standardError":0.1,"lower":1.03,
        "upper":1.43},"baseline":{"value":1},"difference":{"value":0.23456,"lower":0.1,"upper":0.4}},
        {"estimator":"ips","assumptions":["x"],"target":{"problem":"The sums are too large."}}],
        "measures":[{"name":"leftovers","direction":"lowerIsBetter","rows":3,"logged":0.5,"target":{"value":0.25}}],
        "isBetterThanBaseline":true,"reason":"The interval lies above 0."}}
        """

    @Test("A report begins with the verdict, and shows intervals, what the rows are worth, and what is doubtful")
    func report() throws {
        let text = ReplayReport(try Replay(json: Self.replay)).text(width: nil)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "Better. The interval lies above 0.")
        #expect(lines[1].hasPrefix("ESTIMATOR") && lines[2].hasPrefix("snips"))
        #expect(lines[2].contains("1.235  1.03 to 1.43") && lines[2].hasSuffix("0.2346  0.1 to 0.4"))
        #expect(lines[3].hasPrefix("ips") && lines[3].contains("The sums are too large."))
        #expect(text.contains("1,190 rows are worth 904 of its own; the largest weight is 12350"))
        #expect(text.contains("  ! A single decision makes up 12.0 % of the weight.\n"))
        #expect(
            text.contains("10 rows were left out: erased, or not to be used.\n")
                && lines.last?.hasPrefix("leftovers  lower") == true)
    }

    @Test("A replay that failed says why")
    func failed() throws {
        let json = """
            {"id":"01930000-0000-7000-8000-0000000000a2","policyVersionId":"01930000-0000-7000-8000-0000000000a3",
            "datasetId":"01930000-0000-7000-8000-0000000000a1","target":{"type":"uniform"},"metric":"reward",
            "direction":"higherIsBetter","estimators":["ips"],"decidedBy":"ips","status":"failed","doneRows":1000,
            "totalRows":2400,"createdAt":"2026-01-01T00:00:00Z","errorMessage":"Row 1203: a number is too large."}
            """
        #expect(
            ReplayReport(try Replay(json: json)).text(width: nil)
                == "The replay is failed, 1,000 of 2,400 rows read: Row 1203: a number is too large.\n")
    }

    @Test(
        "Figures have four digits that count",
        arguments: [(0.0, "0"), (-0.000123456, "-0.0001235"), (12345.6, "12350.0")])
    func figures(value: Double, text: String) {
        #expect(ReplayReport.figure(value) == text)
    }

    @Test("Rules are written in a word, or as JSON; what is neither is refused")
    func rules() throws {
        #expect(try ReplaysCommand.rule("logged") == .logged(.init()))
        #expect(try ReplaysCommand.rule("arm:b:c") == .fixed(.init(arm: "b:c")))
        #expect(try ReplaysCommand.rule("supplied:p") == .supplied(.init(name: "p")))
        #expect(try ReplaysCommand.rule(#"{"type":"fixed","arm":"b"}"#) == .fixed(.init(arm: "b")))
        for wrong in ["arm", "always", "{}", #"{"type":"what"}"#] {
            #expect(throws: CommandFailure.self) { try ReplaysCommand.rule(wrong) }
        }
    }

    @Test("A row that was refused is named by its line in the file")
    func lines() {
        let error = RPCError.invalidParams(at: "/params/rows/2/features", "has 2 numbers; the dataset has 1")
        let failure = DatasetUpload.failure(error, lines: [7, 8, 10], of: "log.jsonl")
        #expect(failure?.message == "Line 10 of log.jsonl: features: has 2 numbers; the dataset has 1")
        #expect(DatasetUpload.failure(.conflict("no"), lines: [1], of: "log.jsonl") == nil)
    }
}
