import Attribution
import JSON
import Randomness
import Testing

@Suite("Credit of random paths")
struct AttributionPropertyTests {
    private static let models: [AttributionModel] = [
        .first, .last, .linear, .position, .timeDecay(), .timeDecay(halfLifeSeconds: 3_600),
    ]

    /// Up to forty touches within sixty days, many of them of one microsecond.
    private func path(_ random: inout RandomRow) -> [Touch] {
        (0..<random.index(below: 40)).map { number in
            let age = Int64(random.index(below: 60)) * microsecondsPerDay / 2 - microsecondsPerDay
            return Touch(exposure(number), at: Timestamp(microseconds: outcome.microseconds - age))
        }
    }

    @Test("Weights sum to a million and credits to the value, whatever the order in which touches come")
    func sums() throws {
        for row in 0..<500 {
            var random = RandomRow(seed: 5, stream: 1, row: UInt64(row))
            let path = path(&random)
            let shuffled = random.permutation(path.count).map { path[$0] }
            let value = Amount(tenThousandths: Int64(bitPattern: random.next()))
            for model in Self.models {
                let rule = try AttributionRule(model, windowDays: 20)
                let attribution = try rule.attribution(of: outcome, to: path)
                #expect(try rule.attribution(of: outcome, to: shuffled) == attribution)
                guard !attribution.isOrganic else { continue }
                #expect(attribution.shares.reduce(0) { $0 + $1.millionths } == Attribution.whole)
                #expect(attribution.shares.allSatisfy { 0...Attribution.whole ~= $0.millionths })
                let credits = attribution.credits(of: value).map(\.tenThousandths)
                #expect(credits.reduce(0, +) == value.tenThousandths)
                // No credit is a ten-thousandth or more from its exact share.
                for (share, credit) in zip(attribution.shares, credits) {
                    let exact = value.tenThousandths.multipliedFullWidth(by: Int64(share.millionths))
                    let (low, high) = (credit - 1, credit + 1)
                    #expect(isBelow(low.multipliedFullWidth(by: 1_000_000), exact))
                    #expect(isBelow(exact, high.multipliedFullWidth(by: 1_000_000)))
                }
            }
        }
    }

    @Test("A later touch never gets less than an earlier one by time decay, and a longer half-life gives it less")
    func decay() throws {
        for row in 0..<200 {
            var random = RandomRow(seed: 5, stream: 2, row: UInt64(row))
            let path = path(&random)
            var lasts: [Int] = []
            for seconds in [3_600, 86_400, 604_800, 6_048_000] {
                let shares = try AttributionRule(.timeDecay(halfLifeSeconds: seconds), windowDays: 60)
                    .attribution(of: outcome, to: path).shares
                // Of equal remainders the earlier one is rounded up.
                #expect(zip(shares, shares.dropFirst()).allSatisfy { $0.millionths <= $1.millionths + 1 })
                if let last = shares.last { lasts.append(last.millionths) }
            }
            #expect(zip(lasts, lasts.dropFirst()).allSatisfy { $0 + 1 >= $1 })
        }
    }

    private func isBelow(_ a: (high: Int64, low: UInt64), _ b: (high: Int64, low: UInt64)) -> Bool {
        a.high != b.high ? a.high < b.high : a.low < b.low
    }
}
