import ExperimentMetrics
import PythonOracle
import Randomness
import Statistics
import Testing

private let oracle = PythonOracle(
    "arm_weights_oracle.py", modules: ["numpy", "scipy"], golden: "ExperimentMetricsTests/Golden/arm-weights.txt")

/// Shares that follow what is known of an experiment's arms.
@Suite("The weights of an experiment's arms")
struct ArmWeightsTests {
    private static func definition(
        _ kind: MetricDefinition.Kind, _ direction: Direction = .higherIsBetter
    ) throws -> MetricDefinition {
        try MetricDefinition(name: "m", kind: kind, direction: direction, role: .goal, scale: .absolute)
    }

    private static func sums(_ count: Int, _ sum: Double, _ squares: Double) -> MetricSums {
        MetricSums(total: Tally(count: count, sums: [CompensatedSum(sum), CompensatedSum(squares)]))
    }

    private func numbers(_ field: String) throws -> [Double] {
        try field.split(separator: ",").map { try #require(Double($0)) }
    }

    private func expectOracle(_ cases: [[String]]) throws {
        #expect(cases.count >= 50)
        for fields in cases {
            let phases = try fields[5].split(separator: ";").map { phase in
                try phase.split(separator: "|").map { arm in
                    let parts = try arm.split(separator: ":").map { try #require(Double($0)) }
                    return Self.sums(Int(parts[0]), parts[1], parts[2])
                }
            }
            let leader = try #require(Double(fields[3]))
            let weights = try ArmWeights(
                try Self.definition(
                    fields[1] == "mean" ? .mean : .proportion,
                    fields[2] == "higherIsBetter" ? .higherIsBetter : .lowerIsBetter),
                phases, arms: Array(phases[0].indices), method: leader == 1 ? .thompson : .topTwo(leaderShare: leader),
                floor: try #require(Double(fields[4])))
            let told = try (numbers(fields[6]), numbers(fields[7]), numbers(fields[8]), numbers(fields[9]))
            for (place, arm) in weights.arms.enumerated() {
                #expect(abs(arm.mean - told.0[place]) <= 1e-9 * max(1, abs(told.0[place])), "\(fields)")
                #expect(abs(arm.standardError - told.1[place]) <= 1e-9 * told.1[place], "\(fields)")
                #expect(abs(arm.chance - told.2[place]) <= 1e-9, "\(fields)")
                #expect(abs(arm.weight - told.3[place]) <= 1e-9, "\(fields)")
            }
        }
    }

    @Test("Means, chances to be the best and weights are numpy's and scipy's to a billionth")
    func golden() throws {
        try expectOracle(try oracle.goldenCases())
    }

    @Test("A metric that drifts while shares change favours no arm")
    func drift() throws {
        // Both arms do the same in each phase; b has its units late, when everybody does more.
        let phases = [
            [Self.sums(900, 900, 1_800), Self.sums(100, 100, 200)],
            [Self.sums(100, 500, 2_600), Self.sums(900, 4_500, 23_400)],
        ]
        let weights = try ArmWeights(try Self.definition(.mean), phases, arms: [0, 1])
        #expect(weights.arms.allSatisfy { $0.mean == 3 && $0.units == 1_000 })
        #expect(weights.arms.allSatisfy { abs($0.chance - 0.5) < 1e-9 })
    }

    @Test("Until every arm has its units there are no weights, and phases without an arm count for none")
    func burnIn() throws {
        let metric = try Self.definition(.proportion)
        let old = [Self.sums(500, 100, 100), Self.sums(500, 120, 120), Self.sums(0, 0, 0)]
        let new = [Self.sums(99, 10, 10), Self.sums(300, 20, 20), Self.sums(150, 30, 30)]
        #expect(throws: NotEnoughData.tooFewUnits(have: 99, need: 100)) {
            try ArmWeights(metric, [old, new], arms: [0, 1, 2], fewestUnits: 100)
        }
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 2)) {
            try ArmWeights(metric, [old], arms: [0, 1, 2])
        }
        let weights = try ArmWeights(metric, [old, new], arms: [0, 1, 2], fewestUnits: 99)
        #expect(weights.arms.map(\.units) == [99, 300, 150])
        // The arm that left does not count.
        #expect(try ArmWeights(metric, [old, new], arms: [0, 1]).arms.map(\.units) == [599, 800])
        #expect(throws: NotEnoughData.noVariance) {
            try ArmWeights(try Self.definition(.mean), [[Self.sums(9, 9, 9), Self.sums(9, 12, 20)]], arms: [0, 1])
        }
        // Of proportions nothing is certain, though all did the same.
        let same = try ArmWeights(metric, [[Self.sums(9, 9, 9), Self.sums(9, 0, 0)]], arms: [0, 1])
        #expect(same.arms[0].chance > 0.999 && same.arms[0].chance < 1)
    }

    /// One experiment of two arms whose shares follow its results, phase by phase; everything but its figures is chance.
    private static func adaptive(_ seed: Int, effect: Double, drift: Double) throws -> PhasedSums {
        let metric = try definition(.mean)
        var random = RandomRow(seed: 2_026, stream: 7, row: UInt64(seed))
        var share = 0.5
        var phases: PhasedSums = []
        for phase in 0..<8 {
            let treated = Int((200 * share).rounded())
            phases.append(
                [(200 - treated, 0.0), (treated, effect)].map { count, effect in
                    // Of so many normal values the mean, and the sum of squares about it.
                    let n = Double(count)
                    let mean = Double(phase) * drift + effect + random.normal() / n.squareRoot()
                    let about = 2 * random.gamma(shape: (n - 1) / 2)
                    return sums(count, n * mean, about + n * mean * mean)
                })
            share = try ArmWeights(metric, phases, arms: [0, 1], floor: 0.1).arms[1].weight
        }
        return phases
    }

    @Test(
        "An effect is unbiased while a metric drifts and shares follow it, and its interval holds; by precision it is not"
    )
    func unbiased() throws {
        let (count, effect) = (1_500, 0.1)
        let metric = try Self.definition(.mean)
        let plans = try [BlockWeights.units, .precision].map { try AnalysisPlan(correction: nil, phaseWeights: $0) }
        var (errors, covered) = ([[Double]](repeating: [], count: 2), 0)
        for seed in 0..<count {
            let phases = try Self.adaptive(seed, effect: effect, drift: 1)
            for (place, plan) in plans.enumerated() {
                let answer = try MetricAnalysis(metric, phases, control: 0, plan: plan).arms[0].result.get().absolute
                errors[place].append(answer.value - effect)
                if place == 0, let interval = answer.interval, interval.lower <= effect, effect <= interval.upper {
                    covered += 1
                }
            }
        }
        /// The mean error in its standard errors.
        func bias(_ errors: [Double]) -> Double {
            let mean = errors.reduce(0, +) / Double(count)
            let variance = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
            return mean / (variance / Double(count)).squareRoot()
        }
        #expect(abs(bias(errors[0])) < 3)
        #expect(bias(errors[1]) > 3)
        // 95 % of 1,500, give or take three standard errors.
        #expect(1_400...1_450 ~= covered)
    }
}
