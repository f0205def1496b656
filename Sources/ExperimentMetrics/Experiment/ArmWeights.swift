internal import Policies
public import Statistics

/// How an experiment's units are to be shared out by what is known of its arms: to each as likely as it is the best one.
///
/// An arm's mean is taken over phases with one set of weights for all arms, each phase's share of all units: so a metric
/// that drifts while shares change favours no arm, and a phase counts the same whatever its shares were.
public struct ArmWeights: Sendable, Equatable {
    public enum Method: Sendable, Equatable {
        /// By the probability of being the best.
        case thompson
        /// The best with this probability, else the best of the others: it finds the best one sooner.
        case topTwo(leaderShare: Double)
    }

    public struct Standing: Sendable, Equatable {
        /// From 0, in the order of the experiment's arms.
        public let arm: Int
        /// In the phases that count.
        public let units: Int
        public let mean: Double
        public let standardError: Double
        /// Of being the best arm.
        public let chance: Double
        /// The share of the units; the floor at least.
        public let weight: Double
    }

    /// In the order in which they were asked about.
    public let arms: [Standing]

    /// Whether weights can be made of a metric: what is believed of its mean has a distribution that is known.
    public static func isSuited(_ kind: MetricDefinition.Kind) -> Bool {
        switch kind {
        case .proportion, .retention, .count, .mean: true
        case .ratio, .quantile, .eventQuantile: false
        }
    }

    /// - Parameters:
    ///   - definition: of a suited kind.
    ///   - sums: of each phase and arm.
    ///   - arms: those that share the units now, at least two; phases in which one of them has fewer than two units count
    ///     for none.
    ///   - floor: the least share of each, at most 1 / arms.
    ///   - fewestUnits: that each arm must have.
    /// - Throws: `tooFewUnits` until each has as many, `noVariance` where the units of an arm all did the same (of
    ///   proportions that is no hindrance), `notFinite`.
    public init(
        _ definition: MetricDefinition, _ sums: PhasedSums, arms: [Int], method: Method = .thompson, floor: Double = 0,
        fewestUnits: Int = 0
    ) throws(NotEnoughData) {
        precondition(Self.isSuited(definition.kind) && arms.count >= 2, "a suited metric of two arms or more")
        let means = try PhasedMean.of(definition, sums, arms: arms, fewestUnits: max(fewestUnits, 2))
        let isHigher = definition.direction == .higherIsBetter
        let beliefs: ArmBeliefs
        if definition.isProportion {
            beliefs = .beta(means.map { $0.belief(isHigherBetter: isHigher) })
        } else {
            beliefs = .normal(
                means.map {
                    ArmBeliefs.Normal(mean: isHigher ? $0.value : -$0.value, standardDeviation: $0.standardError)
                })
        }
        do throws(PolicyError) {
            let chances = try beliefs.bestArmProbabilities()
            let weights =
                switch method {
                case .thompson: try ThompsonSampling.propensities(beliefs, floor: floor)
                case .topTwo(let share):
                    try ThompsonSampling.topTwoPropensities(beliefs, leaderShare: share, floor: floor)
                }
            self.arms = arms.indices.map { index in
                Standing(
                    arm: arms[index], units: means[index].units, mean: means[index].value,
                    standardError: means[index].standardError, chance: chances[index], weight: weights.values[index])
            }
        } catch {
            switch error {
            case .armWithoutData: throw .noVariance
            case .notFinite: throw .notFinite
            default: preconditionFailure("\(error): a floor, a leader's share and arms within their bounds")
            }
        }
    }
}

/// An arm's mean over phases, each weighed by its share of all units.
private struct PhasedMean {
    let units: Int
    let value: Double
    let standardError: Double
    /// The units of one phase that would tell as much of a proportion: 1 / Σ w² / n.
    let effectiveUnits: Double

    static func of(
        _ definition: MetricDefinition, _ sums: PhasedSums, arms: [Int], fewestUnits: Int
    ) throws(NotEnoughData) -> [PhasedMean] {
        let cut = ShareCut(definition, sums)
        let phases = sums.filter { phase in arms.allSatisfy { phase[$0].total.count >= 2 } }.map { phase in
            arms.map { definition.moments(phase[$0], cut: cut) }
        }
        let fewest = arms.indices.map { arm in phases.reduce(0) { $0 + $1[arm].count } }.min() ?? 0
        guard fewest >= fewestUnits else { throw .tooFewUnits(have: fewest, need: fewestUnits) }
        guard phases.joined().allSatisfy(\.isFinite) else { throw .notFinite }
        let sizes = phases.map { phase in Double(phase.reduce(0) { $0 + $1.count }) }
        let all = sizes.reduce(0, +)
        return arms.indices.map { arm in PhasedMean(phases.map { $0[arm] }, weights: sizes.map { $0 / all }) }
    }

    private init(_ phases: [CrossMoments], weights: [Double]) {
        units = phases.reduce(0) { $0 + $1.count }
        var (value, variance, ofOne) = (0.0, 0.0, 0.0)
        for (moments, weight) in zip(phases, weights) {
            let share = weight * weight / Double(moments.count)
            value += weight * moments.mean(0)
            variance += share * moments.covariance(0, 0)
            ofOne += share
        }
        self.value = value
        standardError = variance.squareRoot()
        effectiveUnits = 1 / ofOne
    }

    /// Of a proportion, with a uniform prior.
    func belief(isHigherBetter: Bool) -> ArmBeliefs.Beta {
        let share = min(max(isHigherBetter ? value : 1 - value, 0), 1)
        return ArmBeliefs.Beta(successes: share * effectiveUnits, failures: (1 - share) * effectiveUnits)
    }
}
