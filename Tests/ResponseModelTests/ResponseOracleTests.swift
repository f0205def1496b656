import PythonOracle
import ResponseModel
import Testing

private let oracle = PythonOracle(
    "response_oracle.py", modules: ["numpy", "scipy", "statsmodels"], golden: "ResponseModelTests/Golden/response.txt")

/// `Tests/Oracles/response_oracle.py`: statsmodels' Logit, scipy's optimiser, and a linear program.
@Suite("Others' code as an oracle for the response model")
struct ResponseOracleTests {
    private static let cases = Result { try oracle.goldenCases() }

    private func cases(_ tag: String) throws -> [[String]] {
        let cases = try Self.cases.get().filter { $0[0] == tag }
        #expect(cases.count >= 10)
        return cases.map { Array($0.dropFirst()) }
    }

    private func numbers(_ text: some StringProtocol) throws -> [Double] {
        try text.split(separator: ",").map { try #require(Double($0)) }
    }

    @Test("Coefficients, errors and log-likelihood are those of statsmodels and scipy, with a ridge and without")
    func fits() throws {
        for fields in try cases("fit") {
            let counts = try fields[0..<4].map { try #require(Int($0)) }
            let shape = try fields[4..<8].map { try #require(Double($0)) }
            let schema = try ResponseSchema(
                traits: (0..<counts[0]).map { .number("x\($0)") }
                    + [.category("c", levels: (0..<counts[1]).map(String.init))],
                offers: (0..<counts[2]).map(String.init), channels: (0..<counts[3]).map(String.init))
            var rows = ExposureRows(schema)
            for row in fields[9].split(separator: ";") {
                let parts = row.split(separator: ",")
                let values = try parts.prefix(counts[0]).map { TraitValue.number(try #require(Double($0))) }
                let places = try parts.dropFirst(counts[0]).prefix(4).map { try #require(Int($0)) }
                let days = parts[parts.count - 1].split(separator: "/").compactMap { Double($0) }
                try rows.add(
                    traits: values + [.level(places[0])], offer: places[1], channel: places[2],
                    earlierExposureDays: days,
                    outcome: try #require(ExposureRows.Outcome(rawValue: UInt8(places[3]))))
            }
            let fit = try ResponseEstimation(
                rows, of: fields[8] == "1" ? .response : .unsubscribe,
                shapes: .fixed(
                    FrequencyShape(halfLifeDays: shape[0], halfSaturation: shape[1], slope: shape[2])),
                ridge: shape[3]
            ).fit()
            let (coefficients, errors) = (try numbers(fields[10]), try numbers(fields[11]))
            #expect(coefficients.count == schema.columns.count)
            for (place, column) in schema.columns.enumerated() {
                // What is small beside its own error has no nine digits.
                #expect(
                    isClose(fit.equation.coefficients[place], coefficients[place], floor: errors[place]), "\(column)")
                #expect(isClose(fit.standardErrors[place], errors[place]), "\(column)")
            }
            #expect(isClose(fit.figures.logLikelihood, try #require(Double(fields[12]))))
        }
    }

    @Test("Rows are refused as separated exactly where a linear program finds a direction that separates them")
    func separation() throws {
        let schema = try ResponseSchema(
            traits: [.number("a"), .category("b", levels: ["no", "yes"])], offers: ["none"], channels: ["email"],
            hasSaturation: false, hasFatigue: false)
        var verdicts = [0, 0]
        for fields in try cases("sep") {
            var rows = ExposureRows(schema)
            for row in fields[0].split(separator: ";") {
                let parts = try row.split(separator: ",").map { try #require(Double($0)) }
                try rows.add(
                    traits: [.number(parts[0]), .level(Int(parts[1]))], offer: 0, channel: 0, earlierExposureDays: [],
                    outcome: parts[2] == 1 ? .response : .nothing)
            }
            let isSeparated = fields[1] == "1"
            verdicts[isSeparated ? 1 : 0] += 1
            let estimation = try ResponseEstimation(rows)
            do throws(ResponseFailure) {
                _ = try estimation.fit()
                #expect(!isSeparated, "\(fields)")
            } catch {
                guard case .separation(let columns) = error else { throw error }
                #expect(isSeparated && !columns.isEmpty, "\(fields)")
            }
            // A prior has a mode all the same.
            _ = try ResponseEstimation(rows, ridge: 1).fit()
        }
        #expect(verdicts.allSatisfy { $0 >= 20 })
    }
}
