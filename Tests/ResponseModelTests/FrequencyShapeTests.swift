import PythonOracle
import ResponseModel
import Testing

@Suite("Earlier exposures")
struct FrequencyShapeTests {
    @Test("A stock halves by half-lives and adds up; what it does is half done at the half-saturation")
    func table() throws {
        let shape = try FrequencyShape(halfLifeDays: 3, halfSaturation: 2, slope: 2)
        #expect(shape.stock(exposureDays: [0, 3, 6]) == 1.75)
        #expect(shape.carryover(days: 9) == 0.125)
        #expect(shape.saturation(stock: 0) == 0)
        #expect(shape.saturation(stock: 2) == 0.5)
        #expect(isClose(shape.saturation(stock: 4), 0.8))
        #expect(shape.saturation(stock: 1e300) == 1)
        for slope in [0.5, 1, 1.5, 2, 3] {
            let shape = try FrequencyShape(halfLifeDays: 3, halfSaturation: 2, slope: slope)
            let saturations = stride(from: 0.0, through: 20, by: 0.25).map { shape.saturation(stock: $0) }
            #expect(zip(saturations, saturations.dropFirst()).allSatisfy { $0 < $1 })
            #expect(isClose(shape.saturation(stock: 2), 0.5))
        }
    }

    @Test("Outcomes that compete leave the rest of 1 to nothing, also of scores that no exponential bears")
    func probabilities() {
        let even = OutcomeProbabilities(responseScore: 0, unsubscribeScore: 0)
        #expect(isClose(even.response, 1.0 / 3) && isClose(even.unsubscribe, 1.0 / 3))
        #expect(
            OutcomeProbabilities(responseScore: 0)
                == OutcomeProbabilities(responseScore: 0, unsubscribeScore: -.infinity))
        #expect(OutcomeProbabilities(responseScore: 0).response == 0.5)
        let certain = OutcomeProbabilities(responseScore: 1_000, unsubscribeScore: 0)
        #expect(certain.response == 1 && certain.unsubscribe == 0)
        let never = OutcomeProbabilities(responseScore: -1_000, unsubscribeScore: -1_000)
        #expect(never.response == 0 && never.unsubscribe == 0)
    }
}
