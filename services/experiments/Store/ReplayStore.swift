import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// A replay with its job.
struct StoredReplay: Sendable {
    let number: Int64
    var job: StoredJob
    let dataset: Int64
    /// What was asked, with all that was left open filled in.
    let settings: Replays.Create.Params
    var results: ReplayResults?

    /// As callers see it.
    var reply: Replay {
        get throws(RPCError) {
            guard let target = settings.target, let metric = settings.metric, let direction = settings.direction,
                let decidedBy = settings.decidedBy
            else { throw .internalError("The replay \(job.id) does not say what decides.") }
            let status: ReplayStatus =
                switch job.status {
                case .running: .running
                case .completed: .completed
                case .failed: .failed
                case .cancelled: .cancelled
                }
            return Replay(
                id: job.id, policyVersionId: settings.policyVersionId, baselineVersionId: settings.baselineVersionId,
                datasetId: settings.datasetId, target: target, baselineTarget: settings.baselineTarget,
                metric: metric, direction: direction, estimators: settings.estimators, decidedBy: decidedBy,
                mlflowRunId: settings.mlflowRunId, status: status, errorMessage: job.problem, doneRows: job.done,
                totalRows: job.total ?? job.done, results: results, createdAt: job.createdAt,
                endedAt: job.status == .running ? nil : job.updatedAt)
        }
    }
}

/// Replays, their results, and the sums of those that run.
struct ReplayStore: Sendable {
    private let jobs = JobStore()

    func insert(
        _ job: StoredJob, dataset: Int64, settings: Replays.Create.Params, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO replays (id, policy_version, baseline_version, dataset, settings, mlflow_run_id)
            VALUES (:id, (SELECT number FROM policy_versions WHERE policy_versions.id = :policy_version),
                (SELECT number FROM policy_versions WHERE policy_versions.id = :baseline_version), :dataset, :settings,
                :mlflow_run_id)
            """,
            [
                ":id": job.id, ":policy_version": settings.policyVersionId,
                ":baseline_version": settings.baselineVersionId, ":dataset": dataset, ":settings": settings.jsonText,
                ":mlflow_run_id": settings.mlflowRunId,
            ])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredReplay? {
        guard let job = try jobs.find(id, in: transaction) else { return nil }
        return try transaction.one(
            "SELECT number, dataset, settings, results FROM replays WHERE id = :id", [":id": id]
        ) { row throws(RPCError) in
            StoredReplay(
                number: row.int64(0), job: job, dataset: row.int64(1), settings: try row.json(2),
                results: row.isNull(3) ? nil : try row.json(3))
        }
    }

    /// The ids of replays before a number, newest first.
    func list(
        before number: Int64, policyVersion: UUIDv7?, dataset: UUIDv7?, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [UUIDv7] {
        try transaction.all(
            """
            SELECT id FROM replays
            WHERE number < :number AND (:policy_version IS NULL OR policy_version = (
                    SELECT policy_versions.number FROM policy_versions WHERE policy_versions.id = :policy_version))
                AND (:dataset IS NULL OR dataset = (SELECT datasets.number FROM datasets WHERE datasets.id = :dataset))
            ORDER BY number DESC LIMIT :limit
            """, [":number": number, ":policy_version": policyVersion, ":dataset": dataset, ":limit": limit]
        ) { $0.uuid(0) }
    }

    func finish(
        _ number: Int64, with results: ReplayResults, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE replays SET results = :results, is_better_than_baseline = :is_better WHERE number = :number",
            [":results": results.jsonText, ":is_better": results.isBetterThanBaseline, ":number": number])
        try forget(number, in: transaction)
    }

    // MARK: Sums of those that run

    /// The sums so far; nil before the first piece.
    func figures(
        of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Double]? {
        try transaction.one(
            "SELECT figures FROM replay_states WHERE replay = :number", [":number": number]
        ) { $0.figures(0) }
    }

    func keep(
        _ figures: [Double], of number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO replay_states (replay, figures) VALUES (:number, :figures)
            ON CONFLICT DO UPDATE SET figures = :figures
            """, [":number": number, ":figures": figures.figureBytes])
    }

    func forget(_ number: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM replay_states WHERE replay = :number", [":number": number])
    }
}
