import ExperimentsAPI

/// What an interval says, by the rule of decisions: something is certain when the whole interval lies on one side.
enum EffectFinding: String {
    case better
    case worse
    case unclear = "may be better or worse"
    case safe = "within its margin"
    case harmed = "harmed beyond its margin"
    case doubtful = "may be harmed beyond its margin"

    /// - Parameters:
    ///   - margin: how much worse is too much, of a guardrail.
    ///   - interval: nil says nothing.
    init?(_ metric: MetricResult, margin: Double?, _ interval: EffectInterval?) {
        guard let interval else { return nil }
        let isMoreBetter = metric.direction == .higherIsBetter
        let worst = isMoreBetter ? interval.lower : -interval.upper
        let best = isMoreBetter ? interval.upper : -interval.lower
        if metric.role == .guardrail {
            let bound = -(margin ?? 0)
            self = best < bound ? .harmed : worst > bound ? .safe : .doubtful
        } else {
            self = best < 0 ? .worse : worst > 0 ? .better : .unclear
        }
    }

    var tone: ForestPlot.Tone {
        switch self {
        case .better, .safe: .good
        case .worse, .harmed: .bad
        case .unclear, .doubtful: .open
        }
    }
}
