import ResponseModel
import Testing

@Suite("Refusals of fits")
struct RefusalTests {
    private let schema: ResponseSchema

    init() throws {
        schema = try ResponseSchema(
            traits: [.number("a"), .number("b"), .category("c", levels: ["x", "y", "z"])], offers: ["none", "gift"],
            channels: ["email"], hasSaturation: false, hasFatigue: false)
    }

    private struct Row {
        var traits: [TraitValue]
        var offer: Int
        var responds: Bool
    }

    /// Sixty rows, none of whose columns says much of the outcome, but for what is changed.
    private func makeRows(
        count: Int = 60, _ change: (_ number: Int, _ row: inout Row) -> Void = { _, _ in }
    ) throws -> ExposureRows {
        var rows = ExposureRows(schema)
        for number in 0..<count {
            var row = Row(
                traits: [
                    .number(Double(number * 7 % 11)), .number(Double(number * 5 % 13)), .level(number * 4 % 3),
                ], offer: number / 2 % 2, responds: number * number % 5 < 1)
            change(number, &row)
            try rows.add(
                traits: row.traits, offer: row.offer, channel: 0, earlierExposureDays: [],
                outcome: row.responds ? .response : .nothing)
        }
        return rows
    }

    @Test("Rows that vary have a fit")
    func fit() throws {
        let fit = try ResponseEstimation(makeRows()).fit()
        #expect(fit.figures.rowCount == 60 && fit.figures.iterations < 10)
        #expect(fit.figures.logLikelihood > fit.figures.nullLogLikelihood)
    }

    @Test("Ten rows for each column are enough, one less is not")
    func fewRows() throws {
        #expect(throws: ResponseFailure.tooFewRows(have: 59, need: 60)) { try ResponseEstimation(makeRows(count: 59)) }
        #expect(throws: ResponseFailure.tooFewRows(have: 0, need: 60)) { try ResponseEstimation(makeRows(count: 0)) }
    }

    @Test("An outcome that nobody had, or everybody, explains nothing")
    func variation() throws {
        #expect(throws: ResponseFailure.noVariation(rows: 60, events: 0)) {
            try ResponseEstimation(makeRows { $1.responds = $0 < 0 })
        }
        #expect(throws: ResponseFailure.noVariation(rows: 60, events: 60)) {
            try ResponseEstimation(makeRows { $1.responds = $0 >= 0 })
        }
        #expect(throws: ResponseFailure.noVariation(rows: 60, events: 0)) {
            try ResponseEstimation(makeRows { $1.responds = $0 < 0 }, ridge: 1)
        }
    }

    @Test("A column that does not vary is named")
    func constants() throws {
        #expect(throws: ResponseFailure.constant("b")) {
            try ResponseEstimation(makeRows { $1.traits[1] = .number($0 < 0 ? 1 : 0.1) }).fit()
        }
        #expect(throws: ResponseFailure.constant("offer:gift")) {
            try ResponseEstimation(makeRows { $1.offer = $0 < 0 ? 1 : 0 }).fit()
        }
    }

    @Test("A column that follows from others is named with them, and with nothing else")
    func collinear() throws {
        #expect(throws: ResponseFailure.collinear("b", with: ["a"])) {
            try ResponseEstimation(makeRows { $1.traits[1] = .number(Double($0 * 7 % 11) * 1e6 - 3) }).fit()
        }
        #expect(throws: ResponseFailure.collinear("offer:gift", with: ["c:y"])) {
            try ResponseEstimation(makeRows { $1.offer = $0 * 4 % 3 == 1 ? 1 : 0 }).fit()
        }
        let rows = try makeRows { $1.offer = $0 * 4 % 3 == 0 ? 1 : 0 }
        #expect(throws: ResponseFailure.collinear("offer:gift", with: ["c:y", "c:z"])) {
            try ResponseEstimation(rows).fit()
        }
        _ = try ResponseEstimation(rows, ridge: 1).fit()
    }

    @Test("What tells the outcome without error is named")
    func separation() throws {
        let error = #expect(throws: ResponseFailure.self) {
            try ResponseEstimation(makeRows { $1.responds = $0 * 7 % 11 > 5 }).fit()
        }
        guard case .separation(let columns) = error else {
            Issue.record("\(String(describing: error)) is no separation")
            return
        }
        #expect(columns.first == "a")
        // Nobody who got the gift responds; the others may or may not.
        let rows = try makeRows { $1.responds = $1.responds && $1.offer == 0 }
        #expect(throws: ResponseFailure.separation(["offer:gift"])) { try ResponseEstimation(rows).fit() }
        let fit = try ResponseEstimation(rows, ridge: 1).fit()
        #expect(fit.equation.coefficients[5] < -1)
    }

    @Test("Rows are checked as they are added")
    func badRows() throws {
        var rows = ExposureRows(schema)
        let good = [TraitValue.number(1), .number(2), .level(2)]
        func add(
            _ traits: [TraitValue], offer: Int = 0, channel: Int = 0, days: [Double] = []
        ) throws(ResponseFailure) {
            try rows.add(
                traits: traits, offer: offer, channel: channel, earlierExposureDays: days, outcome: .nothing)
        }
        try add(good, offer: 1, days: Array(repeating: 0, count: ExposureRows.maximumEarlierExposures))
        #expect(throws: ResponseFailure.notFinite("b")) { try add([good[0], .number(.nan), good[2]]) }
        #expect(throws: ResponseFailure.parameter("c")) { try add([good[0], good[1], .level(3)]) }
        #expect(throws: ResponseFailure.parameter("a")) { try add([.level(0), good[1], good[2]]) }
        #expect(throws: ResponseFailure.parameter("traits")) { try add([good[0]]) }
        #expect(throws: ResponseFailure.parameter("offer")) { try add(good, offer: 2) }
        #expect(throws: ResponseFailure.parameter("channel")) { try add(good, channel: -1) }
        for days in [[-1.0], [.infinity], Array(repeating: 0, count: ExposureRows.maximumEarlierExposures + 1)] {
            #expect(throws: ResponseFailure.parameter("earlierExposureDays")) { try add(good, days: days) }
        }
        #expect(rows.count == 1)
    }

    @Test("Schemas, shapes and grids have limits")
    func limits() throws {
        func schema(offers: Int) throws(ResponseFailure) -> ResponseSchema {
            try ResponseSchema(offers: (0..<offers).map(String.init), channels: ["email"])
        }
        #expect(try schema(offers: 62).columns.count == ResponseSchema.maximumColumns)
        #expect(throws: ResponseFailure.parameter("columns")) { try schema(offers: 63) }
        #expect(throws: ResponseFailure.parameter("offers")) { try schema(offers: 0) }
        #expect(throws: ResponseFailure.parameter("columns")) {
            try ResponseSchema(traits: [.number("fatigue")], offers: ["none"], channels: ["email"])
        }
        #expect(throws: ResponseFailure.parameter("slope")) {
            try FrequencyShape(halfLifeDays: 1, halfSaturation: 1, slope: 0)
        }
        #expect(throws: ResponseFailure.parameter("slopes")) {
            try ShapeGrid(halfLivesDays: [1], halfSaturations: [1], slopes: [])
        }
        let most = (1...ShapeGrid.maximumValues).map(Double.init)
        _ = try ShapeGrid(halfLivesDays: most, halfSaturations: [1], slopes: [1])
        #expect(throws: ResponseFailure.parameter("halfLivesDays")) {
            try ShapeGrid(halfLivesDays: most + [99], halfSaturations: [1], slopes: [1])
        }
    }
}
