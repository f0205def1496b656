import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `replays.*`.
struct ReplaysMethods: Replays.Service {
    private let replays = ReplayStore()
    private let datasets = DatasetStore()
    private let versions = PolicyVersionStore()
    private let jobs = JobStore()

    func create(
        _ params: Replays.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Replays.Create.Reply {
        guard let dataset = try datasets.find(params.datasetId, in: transaction) else {
            throw .notFound("dataset", params.datasetId)
        }
        guard dataset.sealedAt != nil else {
            throw .conflict("This dataset is still being filled; seal it first.")
        }
        let target = try rule(
            of: params.policyVersionId, given: params.target, at: "/params/target", in: transaction)
        guard let target else {
            throw .invalidParams(
                at: "/params/target", "is missing, and the version's configDefaults have no decision_rule")
        }
        let baseline: DecisionRule?
        if let id = params.baselineVersionId {
            guard id != params.policyVersionId else {
                throw .invalidParams(at: "/params/baselineVersionId", "must be another version than policyVersionId")
            }
            baseline = try rule(of: id, given: params.baselineTarget, at: "/params/baselineTarget", in: transaction)
            guard baseline != nil else {
                throw .invalidParams(
                    at: "/params/baselineTarget",
                    "is missing, and the baseline version's configDefaults have no decision_rule")
            }
        } else {
            baseline = params.baselineTarget
        }
        let settings = try params.filledIn(target: target, baseline: baseline, for: dataset)
        _ = try ReplayRun(settings, on: dataset)
        let job = try jobs.begin(
            ReplayWork.kind, unit: "rows", total: dataset.rows * ReplayRun.passes(settings.estimators), at: call.now,
            in: transaction)
        try replays.insert(job, dataset: dataset.number, settings: settings, in: transaction)
        return try find(job.id, in: transaction).reply
    }

    func get(
        _ params: Replays.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Replays.Get.Reply {
        try find(params.id, in: transaction).reply
    }

    func list(
        _ params: Replays.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Replays.List.Reply {
        let cursor = try ListCursor(params.cursor, from: .max)
        var page = ListPage<StoredReplay>(limit: params.limit)
        for id in try replays.list(
            before: cursor.position, policyVersion: params.policyVersionId, dataset: params.datasetId,
            limit: params.limit + 1, in: transaction)
        {
            let replay = try find(id, in: transaction)
            guard page.add(replay, bytes: replay.bytes) else { break }
        }
        return Replays.List.Reply(
            items: try page.items.map { replay throws(RPCError) in try replay.reply },
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    /// What a policy version does: what its configDefaults say, else what is given.
    private func rule(
        of id: UUIDv7, given: DecisionRule?, at place: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> DecisionRule? {
        guard let version = try versions.find(id, in: transaction)?.value else {
            throw .notFound("version of a policy", id)
        }
        guard let own = try version.decisionRule else { return given }
        guard given == nil else {
            throw .invalidParams(
                at: place,
                "must be left out: version \(version.version) of \(version.policy) says itself what it does, in its "
                    + "configDefaults")
        }
        return own
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredReplay {
        guard let found = try replays.find(id, in: transaction) else { throw .notFound("replay", id) }
        return found
    }
}

extension StoredReplay {
    /// What of it may be large.
    fileprivate var bytes: Int { settings.jsonText.utf8.count + (results?.jsonText.utf8.count ?? 0) }
}

extension Replays.Create.Params {
    /// With all that was left open.
    fileprivate func filledIn(
        target: DecisionRule, baseline: DecisionRule?, for dataset: StoredDataset
    ) throws(RPCError) -> Self {
        let metric = metric ?? "reward"
        let known = ["reward"] + dataset.scores.map(\.rawValue) + dataset.metrics
        guard known.contains(metric) else {
            throw .invalidParams(at: "/params/metric", "is none of \(known.joined(separator: ", "))")
        }
        if Set(estimators.map(\.rawValue)).count < estimators.count {
            throw .invalidParams(at: "/params/estimators", "names an estimator twice")
        }
        let estimators = estimators.isEmpty ? ReplayEstimator.allCases : estimators
        let usual: [ReplayEstimator] = [.doublyRobust, .snips]
        let decidedBy = decidedBy ?? usual.first { estimators.contains($0) } ?? estimators[0]
        guard estimators.contains(decidedBy) else {
            throw .invalidParams(at: "/params/decidedBy", "is none of the estimators that are computed")
        }
        return Self(
            policyVersionId: policyVersionId, datasetId: datasetId, target: target,
            baselineVersionId: baselineVersionId, baselineTarget: baseline, metric: metric,
            direction: direction ?? MetricDirection(usualOf: metric), estimators: estimators, decidedBy: decidedBy,
            mlflowRunId: mlflowRunId)
    }
}

extension PolicyVersion {
    /// The member `decision_rule` of its configDefaults; nil: there is none.
    fileprivate var decisionRule: DecisionRule? {
        get throws(RPCError) {
            do {
                return try configDefaults.withReader { (reader) throws(JSONError) in
                    var rule: DecisionRule?
                    try reader.beginObject()
                    while let key = try reader.nextMember() {
                        if key == "decision_rule" {
                            rule = try DecisionRule(from: &reader)
                        } else {
                            try reader.skip()
                        }
                    }
                    return rule
                }
            } catch {
                throw .conflict("The configDefaults of version \(version) of \(policy) do not say a rule: \(error)")
            }
        }
    }
}
