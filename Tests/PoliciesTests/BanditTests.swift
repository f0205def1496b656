import Policies
import Randomness
import Testing

@Suite("Bandits")
struct BanditTests {
    private func normal(_ arms: [(Double, Double)]) -> ArmBeliefs {
        .normal(arms.map { ArmBeliefs.Normal(mean: $0.0, standardDeviation: $0.1) })
    }

    private func beta(_ arms: [(Double, Double)]) -> ArmBeliefs {
        .beta(arms.map { ArmBeliefs.Beta(successes: $0.0, failures: $0.1) })
    }

    private func isNear(_ one: [Double], _ other: [Double], _ tolerance: Double = 1e-12) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) <= tolerance }
    }

    @Test("Arms alike are played alike, one arm always, and a known pair by its closed form")
    func simple() throws {
        #expect(isNear(try beta([(5, 7), (5, 7), (5, 7)]).bestArmProbabilities(), [1 / 3.0, 1 / 3.0, 1 / 3.0]))
        #expect(try beta([(5, 7)]).bestArmProbabilities() == [1])
        // Φ((1 - 0) / √(3² + 4²)) = Φ(0.2).
        #expect(
            isNear(
                try normal([(1, 3), (0, 4)]).bestArmProbabilities(), [0.579_259_709_439_103, 0.420_740_290_560_897]))
        // Beta(2, 1) beats Beta(1, 1) with ∫ 2x · x dx = ⅔.
        #expect(isNear(try beta([(1, 0), (0, 0)]).bestArmProbabilities(), [2 / 3.0, 1 / 3.0]))
    }

    @Test("Arms of very different certainty, and far apart, still sum to 1")
    func extremes() throws {
        for beliefs in [
            normal([(0, 1e-9), (0, 1e3), (1e-9, 1e-9)]), normal([(0, 1e-6), (1e6, 1e-6)]),
            beta([(0, 0), (1e6, 1e9), (10, 0)]), beta([(0, 1e7), (1e7, 0)]),
        ] {
            let best = try beliefs.bestArmProbabilities()
            #expect(best.allSatisfy { $0 >= 0 && $0 <= 1 + 1e-12 } && abs(best.reduce(0, +) - 1) < 1e-12)
        }
        #expect(try normal([(0, 1e-6), (1e6, 1e-6)]).bestArmProbabilities()[1] == 1)
        // A certain 0 against a wide one around 0.
        #expect(isNear(try normal([(0, 1e-9), (0, 1e3)]).bestArmProbabilities(), [0.5, 0.5], 1e-9))
    }

    @Test("What Thompson sampling draws agrees with the integral")
    func drawn() throws {
        let arms = [(20.0, 80.0), (25, 75), (3, 9)]
        let best = try beta(arms).bestArmProbabilities()
        var counts = [0, 0, 0]
        for row in 0..<20_000 {
            var random = RandomRow(seed: 1_933, stream: 0, row: UInt64(row))
            let draws = arms.map { random.beta($0.0 + 1, $0.1 + 1) }
            counts[draws.indices.max { draws[$0] < draws[$1] } ?? 0] += 1
        }
        for (count, share) in zip(counts, best) {
            #expect(abs(Double(count) - 20_000 * share) < 5 * (20_000 * share * (1 - share)).squareRoot())
        }
    }

    @Test("Fault 5: top-two gives the best arm its share, and works with two arms")
    func topTwo() throws {
        // Half to the leader, half to whoever comes out when it may not: with two arms both get ½, whoever leads.
        let two = try ThompsonSampling.topTwoPropensities(normal([(1, 1), (0, 1)]))
        #expect(isNear(two.values, [0.5, 0.5]))
        let lead = try ThompsonSampling.topTwoPropensities(normal([(1, 1), (0, 1)]), leaderShare: 0.8)
        let best = try normal([(1, 1), (0, 1)]).bestArmProbabilities()
        #expect(isNear(lead.values, [0.8 * best[0] + 0.2 * best[1], 0.8 * best[1] + 0.2 * best[0]]))
        let three = try ThompsonSampling.topTwoPropensities(normal([(3, 1), (1, 1), (0, 1)]))
        #expect(three.values[0] > 0.45 && three.values[1] > three.values[2])
        let certain = try ThompsonSampling.topTwoPropensities(normal([(1e3, 1), (0, 1), (0, 1)]))
        #expect(isNear(certain.values, [0.5, 0.25, 0.25]))
        #expect(throws: PolicyError.tooFewArms(needed: 2)) {
            try ThompsonSampling.topTwoPropensities(normal([(1, 1)]))
        }
    }

    @Test("What top-two draws, arm by arm, agrees with its formula")
    func topTwoDrawn() throws {
        let arms = [(0.5, 1.0), (0.2, 1), (-0.3, 1)]
        let expected = try ThompsonSampling.topTwoPropensities(normal(arms), leaderShare: 0.6).values
        var counts = [0, 0, 0]
        for row in 0..<20_000 {
            var random = RandomRow(seed: 2_016, stream: 0, row: UInt64(row))
            func leader() -> Int {
                let draws = arms.map { random.normal(mean: $0.0, standardDeviation: $0.1) }
                return draws.indices.max { draws[$0] < draws[$1] } ?? 0
            }
            let first = leader()
            var played = first
            if !random.bernoulli(0.6) { while played == first { played = leader() } }
            counts[played] += 1
        }
        for (count, share) in zip(counts, expected) {
            #expect(abs(Double(count) - 20_000 * share) < 5 * (20_000 * share * (1 - share)).squareRoot())
        }
    }

    @Test("A floor is kept by every arm, and what is left goes by weight")
    func floor() throws {
        let weights = try Propensities(weights: [1, 0, 3], floor: 0.1)
        #expect(isNear(weights.values, [0.1 + 0.7 / 4, 0.1, 0.1 + 0.7 * 3 / 4]))
        #expect(isNear(try Propensities(weights: [1, 0], floor: 0.5).values, [0.5, 0.5]))
        #expect(try ThompsonSampling.propensities(normal([(9, 1), (0, 1)]), floor: 0.05).values[1] >= 0.05)
        #expect(throws: PolicyError.parameter("floor")) { try Propensities(weights: [1, 1, 1], floor: 0.34) }
        #expect(isNear(try Propensities(weights: [1e308, 1e308]).values, [0.5, 0.5]))
        #expect(try Propensities.uniform(4).values == [0.25, 0.25, 0.25, 0.25])
        #expect(try Propensities.always(1, of: 2).values == [0, 1])
    }

    @Test("A decision is chosen again by the same row, as often as its propensity says")
    func choose() throws {
        let propensities = try Propensities(weights: [1, 2, 7])
        let chosen = (0..<10_000).map { row in
            var random = RandomRow(seed: 3, stream: 1, row: UInt64(row))
            return propensities.choose(&random)
        }
        let again = (0..<10_000).reversed().map { row in
            var random = RandomRow(seed: 3, stream: 1, row: UInt64(row))
            return propensities.choose(&random)
        }
        #expect(chosen == again.reversed())
        #expect(abs(chosen.count { $0 == 1 } - 2_000) < 200)
    }

    @Test("LinUCB tries an arm without data, then keeps to what it learned, and shares between arms alike")
    func linUCB() throws {
        var good = try RidgeRegression(dimension: 1)
        for _ in 0..<100 { try good.add([1], reward: 0.5) }
        let fresh = try RidgeRegression(dimension: 1)
        let curious = try LinUCB(arms: [good, fresh])
        #expect(isNear(try curious.propensities([1], floor: 0.05).values, [0.05, 0.95]))
        let settled = try LinUCB(arms: [good, fresh], optimism: 0.1)
        #expect(isNear(try settled.propensities([1], floor: 0.05).values, [0.95, 0.05]))
        #expect(isNear(try LinUCB(arms: [fresh, fresh]).propensities([1], floor: 0).values, [0.5, 0.5]))
        var halves = try RidgeRegression(dimension: 1)
        for _ in 0..<50 { try halves.add([1], reward: 0.5) }
        try halves.merge(halves)
        #expect(halves == good)
        #expect(try RidgeRegression(count: good.count, gram: good.gram, moment: good.moment) == good)
        #expect(throws: PolicyError.differentLengths) { try RidgeRegression(count: 1, gram: [1, 2], moment: [1]) }
    }

    @Test("No arms, arms without anything known, and what is no number have no weights")
    func unfit() throws {
        #expect(throws: PolicyError.tooFewArms(needed: 1)) { try ArmBeliefs.beta([]).bestArmProbabilities() }
        #expect(throws: PolicyError.armWithoutData(1)) { try normal([(0, 1), (0, 0)]).bestArmProbabilities() }
        #expect(throws: PolicyError.armWithoutData(0)) {
            try ArmBeliefs.beta([.init(successes: 0, failures: 3, prior: 0)]).bestArmProbabilities()
        }
        #expect(throws: PolicyError.notFinite) { try normal([(.nan, 1)]).bestArmProbabilities() }
        #expect(throws: PolicyError.tooManyArms(limit: 100)) {
            try normal(Array(repeating: (0, 1), count: 101)).bestArmProbabilities()
        }
        #expect(throws: PolicyError.notProbabilities) { try Propensities(weights: [0, 0]) }
        #expect(throws: PolicyError.notProbabilities) { try Propensities(weights: [-1, 2]) }
        #expect(throws: PolicyError.notFinite) { try Propensities(weights: [.nan, 1]) }
        #expect(throws: PolicyError.notProbabilities) { try Propensities(logged: [0.5, 0.4999]) }
        #expect(throws: PolicyError.parameter("dimension")) { try RidgeRegression(dimension: 257) }
        var ridge = try RidgeRegression(dimension: 2)
        #expect(throws: PolicyError.differentLengths) { try ridge.add([1], reward: 1) }
        #expect(throws: PolicyError.notFinite) { try ridge.add([1, .infinity], reward: 1) }
        #expect(throws: PolicyError.parameter("penalty")) { try ridge.solution(penalty: 0) }
        #expect(throws: PolicyError.differentLengths) { try LinUCB(arms: [ridge]).scores([1]) }
    }
}
