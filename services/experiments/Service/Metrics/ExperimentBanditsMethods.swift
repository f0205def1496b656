import Assignment
import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import Statistics

/// Answers `experimentBandits.*`.
struct ExperimentBanditsMethods: ExperimentBandits.Service {
    private let experiments = ExperimentStore()
    private let metrics = MetricStore()
    private let plans = ResultPlanStore()
    private let rules = ShareRuleStore()
    private let moving = ShareMoving()

    func set(
        _ params: ExperimentBandits.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentBandits.Set.Reply {
        let experiment = try find(params.experimentId, in: transaction)
        let status = experiment.status(at: call.now)
        guard status != .completed, status != .archived else {
            throw .illegalTransition("An experiment that is \(status.rawValue) keeps its shares.")
        }
        let before = try rules.find(experiment.number, in: transaction)
        if before?.version != params.version {
            guard let before, let version = params.version else {
                throw .conflict(
                    before == nil
                        ? "There is no rule yet; leave the version out."
                        : "There is a rule; say at which version it was read.")
            }
            throw .versionMismatch("rule", expected: Int64(version), actual: Int64(before.version))
        }
        let rule = ShareRule(
            metric: params.metric, method: params.method, floor: params.floor, burnInUnits: params.burnInUnits,
            periodHours: params.periodHours, lookedAt: before?.lookedAt, version: (before?.version ?? 0) + 1)
        let metric = try check(rule, of: experiment, in: transaction)
        try rules.set(rule, of: experiment.number, metric: metric, in: transaction)
        return rule
    }

    /// - Returns: the number of the metric.
    private func check(
        _ rule: ShareRule, of experiment: StoredExperiment, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        guard let metric = try metrics.find(rule.metric, in: transaction) else {
            throw .notFound("metric", rule.metric)
        }
        let planned = try plans.find(experiment.number, in: transaction)?.metrics.first { $0.metric == rule.metric }
        guard planned?.role == .goal else {
            throw .conflict("\(rule.metric) is no goal of \(experiment.key): shares follow what decides.")
        }
        let definition: MetricDefinition
        do throws(MetricProblem) {
            definition = try metric.info.definition(planned)
        } catch {
            throw .internalError("The stored metric \(rule.metric) cannot be: \(error)")
        }
        guard ArmWeights.isSuited(definition.kind) else {
            throw .invalidParams(at: "/params/metric", "must be a proportion, a count, a mean or a retention")
        }
        let isSomebodys = try UnitTypeTable(in: transaction).identifierType(of: experiment.unitType) != nil
        guard experiment.isSticky || !isSomebodys else {
            throw .conflict(
                "\(experiment.key) is not sticky: units that come again would meet another variant. Create it with isSticky."
            )
        }
        guard rule.floor * experiment.variants.count <= BucketSet.width else {
            throw .invalidParams(
                at: "/params/floor",
                "must be at most \(BucketSet.width / experiment.variants.count) of so many variants")
        }
        return metric.number
    }

    func get(
        _ params: ExperimentBandits.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentBandits.Get.Reply {
        try rule(of: try find(params.experimentId, in: transaction), in: transaction)
    }

    func weigh(
        _ params: ExperimentBandits.Weigh.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentBandits.Weigh.Reply {
        let experiment = try find(params.experimentId, in: transaction)
        let rule = try rule(of: experiment, in: transaction)
        switch try moving.weights(of: experiment, by: rule, at: call.now, in: transaction) {
        case .success(let arms): return ExperimentBandits.Weigh.Reply(metric: rule.metric, at: call.now, arms: arms)
        case .failure(let reason):
            return ExperimentBandits.Weigh.Reply(
                metric: rule.metric, at: call.now, arms: [], notEnoughData: "\(reason)")
        }
    }

    func apply(
        _ params: ExperimentBandits.Apply.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentBandits.Apply.Reply {
        let experiment = try find(params.experimentId, in: transaction)
        guard experiment.version == params.version else {
            throw .versionMismatch(
                "experiment", expected: Int64(params.version), actual: Int64(experiment.version))
        }
        let status = experiment.status(at: call.now)
        guard status == .active || status == .paused else {
            throw .illegalTransition("The shares of an experiment that is \(status.rawValue) are not moved.")
        }
        let rule = try rule(of: experiment, in: transaction)
        switch try moving.weights(of: experiment, by: rule, at: call.now, in: transaction) {
        case .success(let arms):
            let (move, version) = try moving.move(experiment, to: arms, by: .caller, at: call.now, in: transaction)
            return ExperimentBandits.Apply.Reply(move: move, experimentVersion: version)
        case .failure(let reason): throw .conflict("There is not enough data: \(reason).")
        }
    }

    func moves(
        _ params: ExperimentBandits.Moves.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentBandits.Moves.Reply {
        let cursor = try ListCursor(params.cursor)
        let experiment = try find(params.experimentId, in: transaction)
        let found = try rules.moves(
            of: experiment.number, after: cursor.position, limit: params.limit + 1, in: transaction)
        var page = ListPage<(number: Int64, move: ShareMove)>(limit: params.limit)
        for entry in found { guard page.add(entry, bytes: entry.move.arms.count * 200) else { break } }
        return ExperimentBandits.Moves.Reply(
            items: page.items.map(\.move), nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment {
        guard let found = try experiments.find(id, in: transaction) else { throw .notFound("experiment", id) }
        return found
    }

    private func rule(
        of experiment: StoredExperiment, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ShareRule {
        guard let rule = try rules.find(experiment.number, in: transaction) else {
            throw .notFound("rule for the shares of", experiment.key)
        }
        return rule
    }
}
