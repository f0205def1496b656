import Randomness
import Statistics
import Testing

@Suite("Multiple testing")
struct PValueAdjustmentTests {
    @Test("Four questions, each method, by hand")
    func byHand() {
        let values = [0.01, 0.04, 0.03, 0.005]
        func adjusted(_ method: PValueAdjustment) -> [Double] {
            method.adjust(values).map { (($0?.pValue ?? -1) * 1e6).rounded() / 1e6 }
        }
        #expect(adjusted(.holm) == [0.03, 0.06, 0.06, 0.02])
        #expect(adjusted(.hochberg) == [0.03, 0.04, 0.04, 0.02])
        #expect(adjusted(.benjaminiHochberg) == [0.02, 0.04, 0.04, 0.02])
        #expect(adjusted(.benjaminiYekutieli) == [0.041667, 0.083333, 0.083333, 0.041667])
    }

    @Test("A question without a p-value has no answer and makes the others no stricter")
    func missing() {
        for method in PValueAdjustment.allCases {
            let with = method.adjust([0.01, nil, 0.2, .nan, -1, 1.5])
            #expect(with[1] == nil && with[3] == nil && with[4] == nil && with[5] == nil)
            #expect([with[0], with[2]] == method.adjust([0.01, 0.2]))
            #expect(method.adjust([]).isEmpty && method.adjust([nil]) == [nil])
            #expect(method.adjust([0.3])[0]?.pValue == 0.3 && method.adjust([0.3])[0]?.strictness == 1)
            #expect(method.adjust([0, 0, 1]).allSatisfy { ($0?.strictness ?? 0) >= 1 })
        }
    }

    @Test("The adjusted interval leaves 0 out just where the adjusted p-value is below α, by the t distribution")
    func duality() throws {
        for row in 0..<300 {
            var random = RandomRow(seed: 22, stream: 0, row: UInt64(row))
            let freedom = 3 + Double(random.index(below: 30))
            let scores = (0..<8).map { _ in random.normal(mean: 1.5, standardDeviation: 2) }
            let values = scores.map { 2 * StudentT(degreesOfFreedom: freedom).survival(abs($0)) }
            for method in PValueAdjustment.allCases {
                for (score, adjusted) in zip(scores, method.adjust(values)) {
                    let adjusted = try #require(adjusted)
                    let interval = adjusted.interval(
                        of: Estimate(value: score * 0.7, standardError: 0.7, degreesOfFreedom: freedom))
                    #expect((interval.lower > 0 || interval.upper < 0) == (adjusted.pValue < 0.05))
                    #expect(interval.lower.isFinite && interval.upper.isFinite)
                }
            }
        }
    }

    @Test("Alone, a question has the interval that it has without a correction")
    func alone() throws {
        let estimate = Estimate(value: 1, standardError: 1, degreesOfFreedom: 5)
        for method in PValueAdjustment.allCases {
            #expect(
                try #require(method.adjust([0.1])[0]).interval(of: estimate, .onePercent)
                    == estimate.interval(.onePercent))
        }
    }
}
