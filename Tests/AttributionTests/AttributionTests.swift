import Attribution
import JSON
import Testing

let microsecondsPerDay: Int64 = 86_400_000_000
let outcome = Timestamp(microseconds: 1_800_000_000_000_000)

func exposure(_ number: Int) -> UUIDv7 { UUIDv7(milliseconds: 1, sequence: 0, random: UInt64(number)) }

/// Touches so many days before the outcome, numbered from 1.
func touches(daysBefore days: [Double]) -> [Touch] {
    days.enumerated().map { number, days in
        let age = Int64((days * Double(microsecondsPerDay)).rounded())
        return Touch(exposure(number + 1), at: Timestamp(microseconds: outcome.microseconds - age))
    }
}

@Suite("Credit of an outcome")
struct AttributionTests {
    private func weights(
        _ model: AttributionModel, days: [Double], windowDays: Int = 30
    ) throws -> [Int] {
        try AttributionRule(model, windowDays: windowDays)
            .attribution(of: outcome, to: touches(daysBefore: days)).shares.map(\.millionths)
    }

    @Test(
        "Each model gives the weights of its definition",
        arguments: [
            (.first, [3, 2, 1], [1_000_000, 0, 0]),
            (.last, [3, 2, 1], [0, 0, 1_000_000]),
            (.linear, [5], [1_000_000]),
            (.linear, [3, 2, 1], [333_334, 333_333, 333_333]),
            (.linear, [7, 6, 5, 4, 3, 2, 1], [142_858, 142_857, 142_857, 142_857, 142_857, 142_857, 142_857]),
            (.position, [5], [1_000_000]),
            (.position, [5, 4], [500_000, 500_000]),
            (.position, [5, 4, 3], [400_000, 200_000, 400_000]),
            (.position, [6, 5, 4, 3, 2], [400_000, 66_667, 66_667, 66_666, 400_000]),
            (.timeDecay(), [28, 14, 7, 0], [34_483, 137_931, 275_862, 551_724]),
            (.timeDecay(halfLifeSeconds: 86_400), [2, 1, 0], [142_857, 285_714, 571_429]),
            (.timeDecay(halfLifeSeconds: 1), [3, 0], [0, 1_000_000]),
        ] as [(AttributionModel, [Double], [Int])])
    func table(model: AttributionModel, days: [Double], expected: [Int]) throws {
        #expect(try weights(model, days: days) == expected)
    }

    @Test("Time decay looks at the times between touches, so a week's wait before the outcome changes nothing")
    func wait() throws {
        #expect(try weights(.timeDecay(), days: [9, 3, 0]) == weights(.timeDecay(), days: [16, 10, 7]))
    }

    @Test("Without a touch an outcome is organic, and nobody gets its value")
    func organic() throws {
        let attribution = try AttributionRule(.linear, windowDays: 7).attribution(of: outcome, to: [])
        #expect(attribution.isOrganic && attribution.credits(of: .maximum).isEmpty)
    }

    @Test("The window's first microsecond counts and so does the outcome's; those beside them do not")
    func window() throws {
        let rule = try AttributionRule(.last, windowDays: 7)
        for (age, counts) in [
            (0, true), (-1, false), (7 * microsecondsPerDay, true), (7 * microsecondsPerDay + 1, false),
        ] {
            let touch = Touch(exposure(1), at: Timestamp(microseconds: outcome.microseconds - age))
            #expect(try rule.attribution(of: outcome, to: [touch]).isOrganic != counts, "\(age) microseconds before")
        }
        let never = [Int64.min, .max].map { Touch(exposure(1), at: Timestamp(microseconds: $0)) }
        for touch in never { #expect(try rule.attribution(of: outcome, to: [touch]).isOrganic) }
        #expect(
            try rule.attribution(of: Timestamp(microseconds: .max), to: [Touch(exposure(1), at: outcome)]).isOrganic)
        #expect(
            try rule.attribution(of: Timestamp(microseconds: .min), to: [Touch(exposure(1), at: outcome)]).isOrganic)
    }

    @Test("Touches of one microsecond are ordered by exposure id")
    func ties() throws {
        let same = [3, 1, 2].map { Touch(exposure($0), at: outcome) }
        let first = try AttributionRule(.first, windowDays: 1).attribution(of: outcome, to: same)
        #expect(first.shares.map(\.exposure) == [1, 2, 3].map(exposure))
        #expect(first.shares.map(\.millionths) == [1_000_000, 0, 0])
    }

    @Test("Credits sum to the value to the last ten-thousandth, and a reversal takes back what was given")
    func credits() throws {
        let thirds = try AttributionRule(.linear, windowDays: 30)
            .attribution(of: outcome, to: touches(daysBefore: [3, 2, 1]))
        for value in [0, 1, 2, 3, 100_0000, 99_9999, Int64.max, -1, -100_0000, .min] {
            let credits = thirds.credits(of: Amount(tenThousandths: value)).map(\.tenThousandths)
            #expect(credits.reduce(0, +) == value)
            guard value != .min else { continue }
            #expect(thirds.credits(of: Amount(tenThousandths: -value)).map(\.tenThousandths) == credits.map { -$0 })
        }
        #expect(
            thirds.credits(of: Amount(tenThousandths: 100_0000)).map(\.tenThousandths) == [33_3334, 33_3333, 33_3333])
        let alone = try AttributionRule(.last, windowDays: 30)
            .attribution(of: outcome, to: touches(daysBefore: [1]))
        #expect(alone.credits(of: Amount(tenThousandths: .min)) == [Amount(tenThousandths: .min)])
    }

    @Test("Ten thousand touches share a million; one more is refused, and so is an exposure that is there twice")
    func limits() throws {
        let rule = try AttributionRule(.position, windowDays: 30)
        let most = touches(daysBefore: (0..<AttributionRule.maximumTouches).map { Double($0) / 1_000 })
        let shares = try rule.attribution(of: outcome, to: most).shares
        #expect(shares.reduce(0) { $0 + $1.millionths } == 1_000_000 && shares.first?.millionths == 400_000)
        let one = Touch(exposure(0), at: outcome)
        #expect(throws: AttributionFailure.tooManyTouches(10_001)) {
            try rule.attribution(of: outcome, to: most + [one])
        }
        // What lies outside of the window is no touch of this outcome, however much it is.
        let outside = Touch(exposure(0), at: Timestamp(microseconds: outcome.microseconds + 1))
        #expect(try rule.attribution(of: outcome, to: most + [outside]).shares == shares)
        #expect(throws: AttributionFailure.exposureTwice(exposure(0))) {
            try rule.attribution(of: outcome, to: [one, one])
        }
    }

    @Test("Windows and half-lives have limits")
    func ranges() throws {
        for days in [0, 3_651] {
            #expect(throws: AttributionFailure.windowDays) { try AttributionRule(.last, windowDays: days) }
        }
        for seconds in [0, 3_650 * 86_400 + 1] {
            #expect(throws: AttributionFailure.halfLife) {
                try AttributionRule(.timeDecay(halfLifeSeconds: seconds), windowDays: 1)
            }
        }
        for days in [1, 3_650] { _ = try AttributionRule(.last, windowDays: days) }
        for seconds in [1, 3_650 * 86_400] {
            let weights = try weights(.timeDecay(halfLifeSeconds: seconds), days: [3_650, 0], windowDays: 3_650)
            #expect(weights.reduce(0, +) == 1_000_000)
        }
    }
}
