import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `holdoutPlans.*`.
struct HoldoutPlansMethods: HoldoutPlans.Service {
    private let plans = ResultPlansMethods()
    private let store = ResultPlanStore()

    func get(
        _ params: HoldoutPlans.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> HoldoutPlans.Get.Reply {
        let (holdout, measure) = try MeasuredHoldouts().find(params.holdoutId, in: transaction)
        guard let plan = try store.find(measure.number, in: transaction) else {
            throw .notFound("plan of the holdout", holdout.key)
        }
        return plan
    }

    func set(
        _ params: HoldoutPlans.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> HoldoutPlans.Set.Reply {
        let (_, measure) = try MeasuredHoldouts().find(params.holdoutId, in: transaction)
        let plan = ResultPlan(
            metrics: params.metrics, engine: params.engine, alpha: params.alpha, correction: params.correction,
            plannedUnits: params.plannedUnits, looks: params.looks, spending: params.spending, prior: params.prior,
            sampleRatioAlpha: params.sampleRatioAlpha, version: 1)
        return try plans.set(plan, readAt: params.version, of: measure, at: call.now, in: transaction)
    }
}

/// Holdouts with what measures them.
struct MeasuredHoldouts {
    private let holdouts = HoldoutStore()
    private let experiments = ExperimentStore()

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (holdout: StoredHoldout, measure: StoredExperiment) {
        guard let number = try holdouts.number(id, in: transaction),
            let holdout = try holdouts.find(number: number, in: transaction)
        else { throw .notFound("holdout", id) }
        return (holdout, try experiments.find(measuring: number, in: transaction))
    }
}
