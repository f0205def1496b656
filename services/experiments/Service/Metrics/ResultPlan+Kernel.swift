import ExperimentMetrics
import ExperimentsAPI
import JSONRPC
import Statistics

extension ResultPlan {
    /// What the kernel judges by.
    ///
    /// - Throws: ``MetricProblem``.
    func analysisPlan(phaseWeights: BlockWeights = .precision) throws(MetricProblem) -> AnalysisPlan {
        guard let level = SignificanceLevel(alpha: alpha) else {
            throw MetricProblem("/alpha", "must be between 0 and 1")
        }
        guard let sampleRatioLevel = SignificanceLevel(alpha: sampleRatioAlpha) else {
            throw MetricProblem("/sampleRatioAlpha", "must be between 0 and 1")
        }
        return try AnalysisPlan(
            level: level, engine: try kernelEngine(), correction: correction.kernel, plannedUnits: plannedUnits,
            sampleRatioLevel: sampleRatioLevel, phaseWeights: phaseWeights)
    }

    private func kernelEngine() throws(MetricProblem) -> AnalysisPlan.Engine {
        if engine != .groupSequential && (looks != nil || spending != nil) {
            throw MetricProblem("/looks", "belong to a group-sequential test only")
        }
        if engine != .bayesian && prior != nil { throw MetricProblem("/prior", "belongs to Bayesian judgements only") }
        switch engine {
        case .fixed: return .fixed
        case .alwaysValid: return .alwaysValid
        case .groupSequential:
            guard let looks else { throw MetricProblem("/looks", "is missing: it says when one looks") }
            return .groupSequential(spending == .pocock ? .pocock : .obrienFleming, looks: looks)
        case .bayesian:
            guard let prior else { return .bayesian(nil) }
            guard
                let belief = BayesianEffect.Prior(
                    mean: prior.mean, standardDeviation: prior.standardDeviation,
                    scale: prior.scale == .absolute ? .absolute : .relative)
            else { throw MetricProblem("/prior/standardDeviation", "must be above 0") }
            return .bayesian(belief)
        }
    }
}

extension FamilyCorrection {
    var kernel: PValueAdjustment? {
        switch self {
        case .none: nil
        case .holm: .holm
        case .hochberg: .hochberg
        case .benjaminiHochberg: .benjaminiHochberg
        case .benjaminiYekutieli: .benjaminiYekutieli
        }
    }
}
