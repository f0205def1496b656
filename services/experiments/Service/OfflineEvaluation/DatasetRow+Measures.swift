import ExperimentsAPI
import Policies

extension DatasetRow {
    /// What each arm was played with. Where only that of the chosen arm is known, the others share the rest alike: their
    /// shares weigh nothing, and say no more than that they could have been played.
    func logged(_ arms: [String]) throws(PolicyError) -> Propensities {
        if let propensities { return try Propensities(logged: propensities) }
        guard let propensity, arms.contains(arm) else { throw .notProbabilities }
        guard arms.count > 1 else { return try .uniform(1) }
        let rest = (1 - propensity) / Double(arms.count - 1)
        return try Propensities(logged: arms.map { $0 == arm ? propensity : rest })
    }

    /// The reward, a score or a metric; nil where the row says nothing about it.
    func measure(_ name: String) -> Double? {
        if name == "reward" { return reward }
        if let score = ScoreName(rawValue: name) { return scores?[name] ?? computed(score) }
        return metrics?[name]
    }

    private func computed(_ score: ScoreName) -> Double? {
        switch score {
        case .planAlignment: plan.flatMap { plan in done.flatMap { ReplayScores.planAlignment(plan: plan, done: $0) } }
        case .editDistance: plan.flatMap { plan in done.flatMap { ReplayScores.editDistance(plan: plan, done: $0) } }
        case .diversity: plan.flatMap { ReplayScores.diversity(plan: $0) }
        case .constraintRespect:
            constraints.flatMap { ReplayScores.constraintRespect($0.map { ($0.weight, $0.isKept) }) }
        case .leftovers: amounts.flatMap { ReplayScores.leftovers($0.map { ($0.provided, $0.used) }) }
        }
    }
}

extension MetricDirection {
    /// A score's own way; up for all else.
    init(usualOf name: String) {
        let direction = ReplayScores.directions.first { $0.name == name }?.direction
        self = direction == .lowerIsBetter ? .lowerIsBetter : .higherIsBetter
    }
}
