import Statistics
import Testing

@Suite("Sample-ratio test")
struct SampleRatioTests {
    private func split(_ counts: [Int], _ weights: [Double]) throws -> SampleRatioTest.Split {
        try #require(SampleRatioTest.Split(counts: counts, weights: weights))
    }

    @Test("scipy's χ² over the arms that have weight")
    func golden() throws {
        try GoldenFigures("effects").expect("split", relative: 1e-9) { line in
            let numbers = line.numbers
            let half = numbers.count / 2
            return try SampleRatioTest([split(numbers[..<half].map { Int($0) }, Array(numbers[half...]))]).pValue
        }
    }

    @Test("An arm of no weight does not soften the test")
    func zeroWeight() throws {
        let test = try SampleRatioTest([split([1_000, 1_100, 0], [0.5, 0.5, 0])])
        #expect(test.degreesOfFreedom == 1)
        // With two degrees of freedom it would be .0925.
        #expect(abs(test.pValue - 0.0291) < 1e-4)
        #expect(try test.pValue == SampleRatioTest([split([1_000, 1_100], [1, 1])]).pValue)
    }

    @Test("Units in an arm of no weight are a mismatch, however few")
    func strayUnits() throws {
        let test = try SampleRatioTest([split([1_000, 1_000, 1], [0.5, 0.5, 0])])
        #expect(test.strayUnits == 1)
        #expect(test.pValue == 0)
        #expect(test.isMismatch())
        #expect(try SampleRatioTest([split([0, 0, 1], [0.5, 0.5, 0])]).isMismatch())
    }

    @Test("A ramp is no mismatch: each phase is held against its own weights")
    func ramp() throws {
        let phases = try [split([9_020, 980], [0.9, 0.1]), split([5_060, 4_940], [0.5, 0.5])]
        #expect(try !SampleRatioTest(phases).isMismatch())
        #expect(try SampleRatioTest(phases).degreesOfFreedom == 2)
        // Against the weights of the last phase alone it would be.
        #expect(try SampleRatioTest([split([14_080, 5_920], [0.5, 0.5])]).isMismatch())
        // Small tilts that point one way add up when the days of a phase are counted together, those that do not are
        // found day by day.
        #expect(try !SampleRatioTest([split([520, 480], [1, 1])]).isMismatch())
        #expect(try SampleRatioTest([split([520 * 20, 480 * 20], [1, 1])]).isMismatch())
        let opposed = try [split([560, 440], [1, 1]), split([440, 560], [1, 1])]
        #expect(try SampleRatioTest(opposed).isMismatch())
    }

    @Test("False alarms come as often as the level says")
    func falseAlarms() throws {
        var generator = SeededGenerator(seed: 41)
        var alarms = 0
        let runs = 2_000
        for _ in 0..<runs {
            var counts = [[0, 0, 0], [0, 0, 0]]
            for day in 0..<2 {
                for _ in 0..<200 { counts[day][[0, 0, 1, 2][generator.below(4)]] += 1 }
            }
            let test = try SampleRatioTest(counts.map { try split($0, [2, 1, 1]) })
            alarms += test.isMismatch(.fivePercent) ? 1 : 0
        }
        #expect(abs(Double(alarms) / Double(runs) - 0.05) < 3 * (0.05 * 0.95 / Double(runs)).squareRoot())
    }

    @Test("Too few units, a single arm and no traffic are not judged")
    func notEnoughData() throws {
        #expect(throws: NotEnoughData.tooFewUnits(have: 9, need: 10)) {
            try SampleRatioTest([split([9, 0], [1, 1])])
        }
        #expect(try SampleRatioTest([split([10, 0], [1, 1])]).degreesOfFreedom == 1)
        #expect(throws: NotEnoughData.tooFewUnits(have: 100, need: 500)) {
            try SampleRatioTest([split([100, 0], [0.99, 0.01])])
        }
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 10)) { try SampleRatioTest([]) }
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 10)) {
            try SampleRatioTest([split([50], [1])])
        }
        let mixed = try SampleRatioTest([split([3, 4], [1, 1]), split([50, 60], [1, 1])])
        #expect(mixed.skippedSplits == 1)
        #expect(mixed.degreesOfFreedom == 1)
        #expect(SampleRatioTest.Split(counts: [1], weights: [1, 2]) == nil)
        #expect(SampleRatioTest.Split(counts: [1, -1], weights: [1, 2]) == nil)
        #expect(SampleRatioTest.Split(counts: [1, 1], weights: [1, .nan]) == nil)
        #expect(SampleRatioTest.Split(counts: [1, 1], weights: [0, 0]) == nil)
    }
}
