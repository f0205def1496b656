import PythonOracle
import Scores
import Testing

/// Held against `scores_oracle.py`, which takes each figure from its definition.
@Suite struct ScoresOracleTests {
    private static let oracle = PythonOracle("scores_oracle.py")
    private static let count = TestScale.isFull ? "20000" : "1000"

    @Test("Summaries, stages and quintiles are those of the definitions", .enabled(if: oracle.isAvailable))
    func definitions() throws {
        var counts: [String: Int] = [:]
        for fields in try Self.oracle.cases(Self.count) {
            counts[fields[0], default: 0] += 1
            switch fields[0] {
            case "s": try summary(fields)
            case "t": try stage(fields)
            default: try quintiles(fields)
            }
        }
        #expect(counts == ["s": Int(Self.count), "t": Int(Self.count), "q": Int(Self.count)])
    }

    private func summary(_ fields: [String]) throws {
        var summary = PurchaseSummary()
        for item in fields[1].split(separator: ",") where item != "-" {
            let parts = item.split(separator: ":")
            let day = try #require(Int(parts[0]))
            let amount = Int64(parts[1])
            if let amount, amount < 0 {
                summary.addRefund(of: amount)
            } else {
                summary.addPurchase(on: day, paying: amount)
            }
        }
        let end = try #require(Int(fields[2]))
        let figures = [
            summary.firstDay, summary.lastDay, summary.frequency, summary.recency, summary.age(on: end),
            summary.silence(on: end),
        ].map { $0.map(String.init) ?? "-" }
        let money = [
            summary.monetaryValue.map(\.description) ?? "-", summary.value.description, String(summary.unsummed),
        ]
        #expect(figures + money == Array(fields[3...]), "\(fields)")
    }

    private func stage(_ fields: [String]) throws {
        let numbers = fields.dropFirst().compactMap { Int($0) }
        try #require(numbers.count == 6)
        var summary = PurchaseSummary()
        summary.addPurchase(on: numbers[3], paying: 1)
        summary.addPurchase(on: numbers[4], paying: 1)
        let rules = LifecycleRules(newDays: numbers[0], atRiskDays: numbers[1], churnedDays: numbers[2])
        #expect(rules.stage(of: summary, on: numbers[5]).rawValue == fields[7], "\(fields)")
    }

    private func quintiles(_ fields: [String]) throws {
        let values = fields[1].split(separator: ",").compactMap { Int($0) }
        let scores = fields[2].split(separator: ",").compactMap { Int($0) }
        let quintiles = Quintiles(of: values)
        #expect(values.map { quintiles.score($0) } == scores, "\(fields)")
        // The order in which values come says nothing.
        let again = Quintiles(of: Array(values.reversed()))
        #expect(values.map { again.score($0) } == scores)
    }
}
