import Statistics
import Testing

@Suite("Sequential tests")
struct SequentialTests {
    @Test("The bounds of Lan and DeMets' tables: O'Brien and Fleming's type, and Pocock's, five looks, 5 %")
    func tables() throws {
        let fractions = [0.2, 0.4, 0.6, 0.8, 1]
        let fleming = try #require(GroupSequentialTest(spending: .obrienFleming)?.looks(at: fractions))
        for (look, bound) in zip(fleming, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            #expect(abs(look.bound - bound) < 0.0002)
        }
        let pocock = try #require(GroupSequentialTest(spending: .pocock)?.looks(at: fractions))
        for (look, bound) in zip(pocock, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]) {
            #expect(abs(look.bound - bound) < 0.0002)
        }
    }

    @Test("A single look at the end is a fixed test, and all of α is spent there")
    func oneLook() throws {
        for spending in [AlphaSpending.obrienFleming, .pocock, .power(2)] {
            let look = try #require(GroupSequentialTest(spending: spending)?.looks(at: [1])?.first)
            #expect(abs(look.bound - 1.959963984540054) < 1e-12)
            #expect(abs(look.spent - 0.05) < 1e-14)
        }
    }

    @Test("An earlier bound stays what it was when a later look comes, and looks need no plan")
    func unplanned() throws {
        let test = try #require(GroupSequentialTest(spending: .pocock))
        let later = try #require(test.looks(at: [0.13, 0.2, 0.55, 1.2]))
        #expect(test.looks(at: [0.13, 0.2]) == Array(later.prefix(2)))
        #expect(abs(later[3].spent - 0.05) < 1e-12)
    }

    @Test("A look that may spend next to nothing cannot stop, and what it did not spend is spent later")
    func tooEarly() throws {
        let test = try #require(GroupSequentialTest(spending: .obrienFleming))
        let looks = try #require(test.looks(at: [0.01, 0.5, 1]))
        #expect(looks[0].bound == .infinity && looks[0].spent == 0)
        #expect(looks[1].bound < 3)
        #expect(abs(looks[2].spent - 0.05) < 1e-12)
    }

    @Test("A hundred looks spend α, and so say the probabilities of crossing without an effect")
    func manyLooks() throws {
        let test = try #require(GroupSequentialTest(spending: .power(1)))
        let looks = try #require(test.looks(at: (1...100).map { Double($0) / 100 }))
        let crossing = try #require(test.crossing(looks, drift: 0))
        #expect(abs((crossing.upper + crossing.lower).reduce(0, +) - 0.05) < 1e-9)
        #expect(abs(crossing.upper.reduce(0, +) - crossing.lower.reduce(0, +)) < 1e-12)
    }

    @Test("Looks out of order, too close, after the end, none, or too many are refused")
    func badLooks() throws {
        let test = try #require(GroupSequentialTest(spending: .pocock))
        for fractions in [
            [], [0.5, 0.4], [0.5, 0.5], [1, 1.1], [0], [.nan], [.infinity], [0.5, 0.500_000_1],
            (1...201).map { Double($0) / 201 },
        ] {
            #expect(test.looks(at: fractions) == nil)
        }
        #expect(test.looks(at: (1...200).map { Double($0) / 200 })?.count == 200)
        let half = try #require(SignificanceLevel(alpha: 0.5))
        #expect(GroupSequentialTest(half, isTwoSided: false, spending: .pocock) == nil)
        #expect(GroupSequentialTest(spending: .power(0)) == nil && GroupSequentialTest(spending: .power(.nan)) == nil)
        #expect(test.crossing([], drift: 0) == nil)
    }

    @Test("The interval leaves 0 out just where the p-value is below α, for every alternative")
    func duality() throws {
        for alternative in Alternative.allCases {
            let sequence = try #require(ConfidenceSequence(.fivePercent, alternative, tightestAt: 1_000))
            for units in [10, 1_000, 100_000_000] {
                for z in stride(from: -8.0, through: 8, by: 0.01) {
                    let look = try sequence.look(Estimate(value: z * 0.3, standardError: 0.3), units: units)
                    #expect(look.interval.contains(0) == (look.pValue >= 0.05))
                }
            }
        }
    }

    private func look(
        _ estimate: Double, _ error: Double, _ units: Int, _ alternative: Alternative = .twoSided
    ) throws -> ConfidenceSequence.Look {
        try #require(ConfidenceSequence(.fivePercent, alternative))
            .look(Estimate(value: estimate, standardError: error), units: units)
    }

    @Test("Fault 6: a one-sided p-value is not held between 0.00001 and 0.4999")
    func oneSidedIsNotClamped() throws {
        #expect(try look(10, 1, 5_000, .greater).pValue < 1e-18)
        #expect(try look(-1, 1, 5_000, .greater).pValue == 1)
        #expect(try look(0.5, 1, 5_000, .greater).pValue == 1)
        #expect(try look(-10, 1, 5_000, .less).pValue == look(10, 1, 5_000, .greater).pValue)
    }

    @Test("Fault 7: a z-score of 200 has a p-value, by its logarithm, and no overflow")
    func noOverflow() throws {
        #expect(try (-20_000 ... -19_000).contains(look(200, 1, 100_000).logPValue))
        #expect(try (1e-200...1e-180).contains(look(30, 1, 100_000).pValue))
        let huge = try look(1e300, 1e290, .max)
        #expect(huge.interval.lower.isFinite && huge.logPValue.isFinite)
    }

    @Test("No variance, one unit, and what is no number have no interval")
    func unfit() throws {
        #expect(throws: NotEnoughData.noVariance) { try look(1, 0, 10) }
        #expect(throws: NotEnoughData.tooFewUnits(have: 1, need: 2)) { try look(1, 1, 1) }
        for (estimate, error) in [(Double.nan, 1.0), (1, .nan), (.infinity, 1)] {
            #expect(throws: NotEnoughData.notFinite) { try look(estimate, error, 10) }
        }
        let half = try #require(SignificanceLevel(alpha: 0.5))
        #expect(ConfidenceSequence(half) != nil && ConfidenceSequence(half, .greater) == nil)
        for units in [0, -1, .nan, .infinity] { #expect(ConfidenceSequence(tightestAt: units) == nil) }
    }

    @Test("A split gives the same evidence in one go and unit by unit, and keeps its strongest look")
    func sampleRatio() throws {
        var once = try #require(SequentialSampleRatio(weights: [1, 1]))
        once.observe([300, 200])
        var slowly = try #require(SequentialSampleRatio(weights: [0.5, 0.5]))
        for unit in 0..<500 { slowly.observe(unit % 5 < 3 ? [1, 0] : [0, 1]) }
        #expect(abs(once.logEvidence - slowly.logEvidence) < 1e-9)
        #expect(once.pValue < 0.01 && slowly.largestLogEvidence >= once.logEvidence)
        let strongest = once.pValue
        once.observe([0, 100])
        #expect(once.pValue == strongest)
    }

    @Test("A test of the split goes on from what was kept of it")
    func restored() throws {
        var whole = try #require(SequentialSampleRatio(weights: [2, 1]))
        whole.observe([300, 90])
        let kept = SequentialSampleRatio(
            weights: [2, 1], counts: whole.counts, largestLogEvidence: whole.largestLogEvidence)
        #expect(kept == whole)
        #expect(SequentialSampleRatio(weights: [2, 1], counts: [1], largestLogEvidence: 0) == nil)
        #expect(SequentialSampleRatio(weights: [2, 1], counts: [1, -1], largestLogEvidence: 0) == nil)
        #expect(SequentialSampleRatio(weights: [2, 1], counts: [1, 1], largestLogEvidence: .nan) == nil)
    }

    @Test("An arm without a share that has a unit cannot be chance; one that is empty takes no part")
    func armWithoutShare() throws {
        var ratio = try #require(SequentialSampleRatio(weights: [0.5, 0.5, 0]))
        ratio.observe([1_000, 1_100, 0])
        var without = try #require(SequentialSampleRatio(weights: [0.5, 0.5]))
        without.observe([1_000, 1_100])
        #expect(ratio.logEvidence == without.logEvidence)
        ratio.observe([0, 0, 1])
        #expect(ratio.pValue == 0)
        for weights in [[1.0], [1, 0], [], [-1, 2], [.nan, 1], [.infinity, 1]] {
            #expect(SequentialSampleRatio(weights: weights) == nil)
        }
        for concentration in [0, -1, .nan, .infinity] {
            #expect(SequentialSampleRatio(weights: [1, 1], concentration: concentration) == nil)
        }
    }
}
