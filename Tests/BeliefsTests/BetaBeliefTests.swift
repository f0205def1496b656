import Beliefs
import JSON
import Randomness
import Statistics
import Testing

@Suite struct BetaBeliefTests {
    private static let now = Timestamp(microseconds: 1_767_225_600_000_000)
    private static let day: Int64 = 86_400_000_000

    /// Pieces from two years ago to a month ahead, some of them of the same moment.
    private static func evidence(_ count: Int, seed: UInt64) -> [ResponseEvidence] {
        (0..<count).map { index in
            var row = RandomRow(seed: seed, stream: 1, row: UInt64(index))
            let days = Int64(row.uniform() * 760) - 730
            return ResponseEvidence(
                id: UUIDv7(milliseconds: 7, sequence: 0, random: UInt64(row.uniform() * 1e15)),
                at: Timestamp(microseconds: now.microseconds + days * day), responded: row.uniform() < 0.3)
        }
    }

    /// The bits of everything that a belief says.
    private static func bits(_ belief: BetaBelief) -> [UInt64] {
        let interval = belief.interval()
        return [belief.alpha, belief.beta, belief.effectiveEvidence, belief.mean, interval.lower, interval.upper]
            .map(\.bitPattern) + [UInt64(belief.evidenceCount)]
    }

    @Test("Whatever the order, a belief is the same to the last bit", arguments: 0..<20 as Range<UInt64>)
    func order(seed: UInt64) {
        let told = Self.evidence(200, seed: seed)
        let once = BetaBelief(told, .standard, at: Self.now)
        var row = RandomRow(seed: seed, stream: 3, row: 0)
        for _ in 0..<10 {
            let again = BetaBelief(told.shuffled(using: &row), .standard, at: Self.now)
            #expect(Self.bits(again) == Self.bits(once) && again == once)
        }
        #expect(Self.bits(BetaBelief(told.reversed(), .standard, at: Self.now)) == Self.bits(once))
    }

    @Test("What is there before any evidence is the prior")
    func prior() {
        let belief = BetaBelief([], .standard, at: Self.now)
        #expect(belief.alpha == 0.5 && belief.beta == 9.5 && belief.mean == 0.05)
        #expect(belief.evidenceCount == 0 && belief.effectiveEvidence == 0 && belief.lastEvidenceAt == nil)
        let interval = belief.interval()
        #expect(interval.contains(belief.mean) && interval.lower > 0 && interval.upper < 0.3)
    }

    @Test("Evidence counts half at the half-life, a quarter at twice that, and not before it happened")
    func decay() {
        let rule = BetaBelief.Rule(alpha: 1, beta: 1, halfLifeDays: 30)
        #expect(rule.weight(age: 0) == 1 && rule.weight(age: 30 * Self.day) == 0.5)
        #expect(rule.weight(age: 60 * Self.day) == 0.25)
        let piece = ResponseEvidence(
            id: UUIDv7(milliseconds: 1, sequence: 0, random: 1), at: Self.now, responded: true)
        func belief(daysLater: Int64) -> BetaBelief {
            BetaBelief([piece], rule, at: Timestamp(microseconds: Self.now.microseconds + daysLater * Self.day))
        }
        #expect(belief(daysLater: 0).alpha == 2 && belief(daysLater: 0).beta == 1)
        #expect(belief(daysLater: 30).alpha == 1.5 && belief(daysLater: 30).effectiveEvidence == 0.5)
        #expect(belief(daysLater: -1) == BetaBelief([], rule, at: Self.now))
        // It goes back to the prior.
        #expect(belief(daysLater: 100_000).alpha == 1 && belief(daysLater: 100_000).evidenceCount == 1)
    }

    @Test("Quantiles invert the distribution function, in both tails, and edges are what they should be")
    func quantiles() {
        for (a, b) in [(0.3, 0.7), (0.5, 9.5), (3, 2), (5_000, 80_000), (1, 1)] as [(Double, Double)] {
            var before = 0.0
            for p in [1e-12, 1e-4, 0.025, 0.3, 0.5, 0.7, 0.975, 0.9999] {
                let x = Beta.quantile(p, a, b)
                #expect(x > before && x < 1)
                before = x
                #expect(abs(Beta.regularized(x, a, b) / p - 1) < 1e-9, "\(p) \(a) \(b)")
            }
        }
        #expect(Beta.quantile(0, 2, 3) == 0 && Beta.quantile(1, 2, 3) == 1)
        #expect(Beta.quantile(0.5, 0, 3).isNaN && Beta.quantile(1.5, 2, 3).isNaN && Beta.quantile(.nan, 2, 3).isNaN)
        #expect(Beta.quantile(1e-9, 0.001, 3) == 0)
    }

    @Test("95 % intervals hold the truth in 95 of 100 draws from the prior")
    func coverage() {
        let rule = BetaBelief.Rule(alpha: 2, beta: 6, halfLifeDays: 1e6)
        let runs = 2_000
        var held = 0
        for run in 0..<runs {
            var row = RandomRow(seed: 5, stream: 2, row: UInt64(run))
            let truth = Beta.quantile(row.uniform(), rule.alpha, rule.beta)
            let told = (0..<12).map { index in
                ResponseEvidence(
                    id: UUIDv7(milliseconds: 1, sequence: 0, random: UInt64(index)), at: Self.now,
                    responded: row.uniform() < truth)
            }
            if BetaBelief(told, rule, at: Self.now).interval().contains(truth) { held += 1 }
        }
        // Five standard deviations of a binomial count.
        #expect(abs(Double(held) - 0.95 * Double(runs)) < 5 * (Double(runs) * 0.95 * 0.05).squareRoot())
    }
}
