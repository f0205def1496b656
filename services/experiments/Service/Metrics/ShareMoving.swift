import Assignment
import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

/// What an experiment's variants are to have by what is known of them, and giving it to them.
struct ShareMoving: Sendable {
    private let rules = ShareRuleStore()
    private let phases = PhaseStore()
    private let experiments = ExperimentsMethods()

    /// What each variant is to have, or why there are no weights.
    typealias Weights = Result<[ArmShare], NotEnoughData>

    /// What the variants would get.
    ///
    /// - Throws: conflict for an experiment that does not run, or whose plan no longer has the metric.
    func weights(
        of experiment: StoredExperiment, by rule: ShareRule, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Weights {
        let evidence = try StoredEvidence(of: experiment, in: transaction)
        guard let metric = evidence.metrics.first(where: { $0.info.key == rule.metric }) else {
            throw .conflict("The plan of \(experiment.key) has the metric \(rule.metric) no more.")
        }
        let sums = metric.sums(through: now.day, phases: evidence.weights.count, arms: evidence.arms.count)
        let total = experiment.variants.reduce(0) { $0 + $1.allocation }
        guard experiment.variants.count > 1 else {
            throw .conflict("\(experiment.key) has one variant, which has all.")
        }
        guard total > 0 else { throw .conflict("The variants of \(experiment.key) have no units to share.") }
        // Variants may have come since the rule was made.
        let floor = min(Double(rule.floor) / Double(BucketSet.width), 1 / Double(experiment.variants.count))
        do throws(NotEnoughData) {
            // The variants that are in it are the first of all arms that there ever were.
            let weights = try ArmWeights(
                metric.definition, sums, arms: Array(experiment.variants.indices), method: rule.method.kernel,
                floor: floor, fewestUnits: rule.burnInUnits)
            let counts = Self.shares(weights.arms.map(\.weight), of: total, step: experiment.hash.step)
            return .success(
                zip(experiment.variants, zip(weights.arms, counts)).map { variant, known in
                    let (arm, count) = known
                    return ArmShare(
                        variant: variant.key, units: arm.units, mean: arm.mean, standardError: arm.standardError,
                        chance: arm.chance, propensity: Double(count) / Double(total), allocation: count)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Gives the variants what they are to have: a new phase, if that is not what they have, and a row of history.
    func move(
        _ experiment: StoredExperiment, to arms: [ArmShare], by mover: ShareMover, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (move: ShareMove, version: Int) {
        let before = try phases.allocation(of: experiment, in: transaction)
        let allocation: Allocation
        do {
            allocation = try before.edited(to: arms.map { Allocation.Share($0.variant, $0.allocation) })
        } catch {
            throw .internalError("Shares of \(experiment.key) that were reckoned are none: \(error)")
        }
        var (phase, version) = (experiment.phase, experiment.version)
        if allocation != before {
            var changed = experiment
            changed.variants = zip(experiment.variants, arms).map { $0.with(allocation: $1.allocation) }
            let saved = try experiments.save(changed, opening: .allocation, allocation, at: now, in: transaction)
            (phase, version) = (experiment.phase + 1, saved.version)
        }
        let move = ShareMove(at: now, phase: phase, mover: mover, arms: arms)
        try rules.add(move, of: experiment.number, in: transaction)
        return (move, version)
    }

    /// Whole steps of the total by weight, what is left by the largest remainders.
    static func shares(_ weights: [Double], of total: Int, step: Int) -> [Int] {
        let steps = total / step
        let exact = weights.map { $0 * Double(steps) }
        var counts = exact.map { Int($0.rounded(.down)) }
        let byRemainder = weights.indices.sorted {
            let (a, b) = (exact[$0] - Double(counts[$0]), exact[$1] - Double(counts[$1]))
            return a != b ? a > b : $0 < $1
        }
        for arm in byRemainder.prefix(max(0, steps - counts.reduce(0, +))) { counts[arm] += 1 }
        return counts.map { $0 * step }
    }
}

extension WeightMethod {
    var kernel: ArmWeights.Method {
        switch self {
        case .thompson: .thompson
        case .topTwo: .topTwo(leaderShare: 0.5)
        }
    }
}
