import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

/// Answers `experimentPower.*`.
struct ExperimentPowerMethods: ExperimentPower.Service {
    private let experiments = ExperimentStore()

    func estimate(
        _ params: ExperimentPower.Estimate.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentPower.Estimate.Reply {
        guard params.effect != nil || params.units != nil || params.unitsPerDay != nil else {
            throw .invalidParams(at: "/params/effect", "must be there, or units, or unitsPerDay: else nothing is asked")
        }
        if params.effect == 0 { throw .invalidParams(at: "/params/effect", "must be above 0") }
        if params.unitsPerDay == 0 { throw .invalidParams(at: "/params/unitsPerDay", "must be above 0") }
        let baseline = try PlanningBaseline(params, at: call.now, in: transaction)
        return try PowerEstimation(params, baseline).reply()
    }

    func get(
        _ params: ExperimentPower.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentPower.Get.Reply {
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        if params.effect == 0 { throw .invalidParams(at: "/params/effect", "must be above 0") }
        let evidence = try StoredEvidence(of: experiment, in: transaction)
        guard params.power > evidence.plan.level.alpha else {
            throw .invalidParams(at: "/params/power", "must be above the plan's level, \(evidence.plan.level.alpha)")
        }
        let status = experiment.status(at: call.now)
        let progress = ExperimentProgress(evidence, runs: status == .active, at: call.now)
        return ExperimentPower.Get.Reply(
            experiment: experiment.key, status: status, at: call.now, power: params.power,
            units: progress.entered.reduce(0, +), plannedUnits: evidence.plan.plannedUnits,
            unitsPerDay: progress.unitsPerDay,
            metrics: try progress.metrics(power: params.power, effect: params.effect),
            assumptions: evidence.plan.assumptionsOfPower)
    }
}

extension EffectSize {
    /// - Parameter mean: of the control.
    init(_ absolute: Double, mean: Double) {
        let relative = absolute / abs(mean)
        self.init(absolute: absolute, relative: relative.isFinite ? relative : nil)
    }
}

extension AnalysisPlan {
    /// What is taken for granted of what is to come, in sentences.
    fileprivate var assumptionsOfPower: [String] {
        var assumptions = [
            "The units to come vary as those so far, and come as fast and by the shares of now.",
            Assumption.independentUnits.sentence, Assumption.nearlyNormalMeans.sentence,
        ]
        if correction != nil { assumptions.append(PowerEstimation.bonferroni) }
        if case .groupSequential(_, let looks) = engine, looks.count > TestDesign.integratedLooks {
            assumptions.append(
                "The test has so many looks that its power is told by the last alone: it has a little more.")
        }
        if case .bayesian(.some) = engine { assumptions.append(PowerEstimation.noPrior) }
        return assumptions
    }
}
