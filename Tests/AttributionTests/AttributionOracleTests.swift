import Attribution
import JSON
import PythonOracle
import Testing

private let fractions = PythonOracle("attribution_oracle.py")
private let others = PythonOracle(
    "attribution_oracle.py", modules: ["polars"], golden: "AttributionTests/Golden/attribution.txt")

/// `Tests/Oracles/attribution_oracle.py`: fractions, and the heuristics of marketing-attribution-models.
@Suite("Others' code as an oracle for attribution")
struct AttributionOracleTests {
    private func model(_ name: String, halfLifeSeconds: Int) throws -> AttributionModel {
        switch name {
        case "first": .first
        case "last": .last
        case "linear": .linear
        case "position": .position
        default: try #require(name == "timeDecay" ? .timeDecay(halfLifeSeconds: halfLifeSeconds) : nil)
        }
    }

    /// The weights of a case's path, in millionths.
    private func weights(_ fields: [String]) throws -> [Int] {
        let halfLife = try #require(Int(fields[2]))
        let path = try fields[3].split(separator: ",").enumerated().map { number, age in
            Touch(exposure(number), at: Timestamp(microseconds: outcome.microseconds - (try #require(Int64(age)))))
        }
        return try AttributionRule(try model(fields[1], halfLifeSeconds: halfLife), windowDays: 90)
            .attribution(of: outcome, to: path).shares.map(\.millionths)
    }

    @Test(
        "Weights are those of fractions of many digits, rounded by largest remainders",
        .enabled(if: fractions.isAvailable, "\(fractions.requirement)"))
    func exact() throws {
        let cases = try fractions.cases("fractions")
        #expect(cases.count >= 500)
        for fields in cases {
            #expect(try weights(fields) == fields[4].split(separator: ",").map { Int($0) }, "\(fields)")
        }
    }

    @Test("Weights are marketing-attribution-models' to the millionth")
    func package() throws {
        let cases = try others.goldenCases()
        #expect(cases.count >= 200)
        for fields in cases {
            let theirs = try fields[4].split(separator: ",").map { try #require(Double($0)) * 1e6 }
            let ours = try weights(fields)
            #expect(ours.count == theirs.count)
            for (one, other) in zip(ours, theirs) { #expect(abs(Double(one) - other) < 1, "\(fields)") }
        }
    }
}
