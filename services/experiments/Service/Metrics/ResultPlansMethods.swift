import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `resultPlans.*`.
struct ResultPlansMethods: ResultPlans.Service {
    private let experiments = ExperimentStore()
    private let exposures = ExposureStore()
    private let metrics = MetricStore()
    private let plans = ResultPlanStore()
    private let sums = SumStore()
    private let jobs = JobStore()
    private let following = SignalFollowing()

    func get(
        _ params: ResultPlans.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ResultPlans.Get.Reply {
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        guard let plan = try plans.find(experiment.number, in: transaction) else {
            throw .notFound("plan of the experiment", experiment.key)
        }
        return plan
    }

    func set(
        _ params: ResultPlans.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ResultPlans.Set.Reply {
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        let plan = ResultPlan(
            metrics: params.metrics, engine: params.engine, alpha: params.alpha, correction: params.correction,
            plannedUnits: params.plannedUnits, looks: params.looks, spending: params.spending, prior: params.prior,
            sampleRatioAlpha: params.sampleRatioAlpha, version: 1, dimensions: params.dimensions)
        return try set(plan, readAt: params.version, of: experiment, at: call.now, in: transaction)
    }

    /// Keeps a plan of an experiment, or of what measures a holdout, which has begun when it gets its first.
    ///
    /// - Parameter version: of the plan that was read; nil: there was none.
    func set(
        _ wanted: ResultPlan, readAt version: Int?, of experiment: StoredExperiment, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> ResultPlan {
        let before = try plans.find(experiment.number, in: transaction)
        if before?.version != version {
            guard let before, let version else {
                throw .conflict(
                    before == nil
                        ? "There is no plan yet; leave the version out."
                        : "There is a plan; say at which version it was read.")
            }
            throw .versionMismatch("plan", expected: Int64(version), actual: Int64(before.version))
        }
        let plan = ResultPlan(
            metrics: wanted.metrics, engine: wanted.engine, alpha: wanted.alpha, correction: wanted.correction,
            plannedUnits: wanted.plannedUnits, looks: wanted.looks, spending: wanted.spending, prior: wanted.prior,
            sampleRatioAlpha: wanted.sampleRatioAlpha, version: (before?.version ?? 0) + 1,
            dimensions: wanted.dimensions?.isEmpty == true ? nil : wanted.dimensions)
        let numbers = try check(plan, in: transaction)
        let hasUnits = try exposures.units(of: experiment.number, in: transaction) > 0
        if experiment.phase > 0, experiment.holdout == nil || before != nil { try checkLate(plan, before) }
        let known = try metrics.numbers(of: experiment.number, in: transaction)
        let isFilling = hasUnits && numbers.contains { !known.contains($0) }
        try plans.set(
            plan, of: experiment.number, metrics: numbers, filledThrough: isFilling ? -1 : nil, in: transaction)
        if plan.dimensions != before?.dimensions {
            try SegmentStore().replace(plan.dimensions ?? [], of: experiment.number, in: transaction)
        }
        for gone in known where !numbers.contains(gone) {
            try sums.remove(gone, of: experiment.number, in: transaction)
        }
        if isFilling { _ = try jobs.begin(MetricFilling.kind, unit: "units", at: now, in: transaction) }
        try following.follow(at: now, in: transaction)
        return plan
    }

    /// - Returns: the numbers of the metrics.
    private func check(_ plan: ResultPlan, in transaction: borrowing WriteTransaction) throws(RPCError) -> [Int64] {
        do throws(MetricProblem) {
            _ = try plan.analysisPlan()
        } catch {
            throw error.error(at: "/params")
        }
        try check(plan.dimensions ?? [])
        var numbers: [Int64] = []
        for (index, planned) in plan.metrics.enumerated() {
            let place = "/params/metrics/\(index)"
            guard let metric = try metrics.find(planned.metric, in: transaction) else {
                throw .notFound("metric", planned.metric)
            }
            if metric.info.isArchived { throw .conflict("The metric \(planned.metric) is archived.") }
            if numbers.contains(metric.number) { throw .invalidParams(at: place + "/metric", "is there twice") }
            numbers.append(metric.number)
            do throws(MetricProblem) {
                _ = try metric.info.definition(planned)
            } catch {
                throw error.error(at: place)
            }
        }
        return numbers
    }

    private func check(_ dimensions: [SegmentDimension]) throws(RPCError) {
        for (index, dimension) in dimensions.enumerated() {
            let place = "/params/dimensions/\(index)"
            if dimensions[..<index].contains(where: { $0.attribute == dimension.attribute }) {
                throw .invalidParams(at: place + "/attribute", "is there twice")
            }
            if Set(dimension.values).count < dimension.values.count {
                throw .invalidParams(at: place + "/values", "must be different")
            }
        }
    }

    /// Once it was started, what decides is fixed.
    private func checkLate(_ plan: ResultPlan, _ before: ResultPlan?) throws(RPCError) {
        let decisive = { (plan: ResultPlan?) in plan?.metrics.filter { $0.role != .secondary } ?? [] }
        let secondary = Set(plan.metrics.map(\.metric))
        let stays = before?.metrics.allSatisfy { secondary.contains($0.metric) } ?? true
        guard decisive(plan) == decisive(before), stays, plan.isJudged(as: before) else {
            throw .illegalTransition(
                "What decides is fixed before the first unit is counted: only secondary metrics may be added now."
            )
        }
    }
}

extension ResultPlan {
    /// Whether it judges as another does; an experiment without a plan may still get one that decides nothing,
    /// and tells nobody apart: of units that are there nobody said in which segment they are.
    fileprivate func isJudged(as other: ResultPlan?) -> Bool {
        guard let other else { return dimensions == nil }
        return engine == other.engine && alpha == other.alpha && correction == other.correction
            && plannedUnits == other.plannedUnits && looks == other.looks && spending == other.spending
            && prior == other.prior && sampleRatioAlpha == other.sampleRatioAlpha && dimensions == other.dimensions
    }
}
