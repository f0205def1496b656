import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `experimentPhases.*`.
struct ExperimentPhasesMethods: ExperimentPhases.Service {
    private let experiments = ExperimentStore()
    private let phases = PhaseStore()

    func list(
        _ params: ExperimentPhases.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentPhases.List.Reply {
        let cursor = try ListCursor(params.cursor)
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        var page = ListPage<Phase>(limit: params.limit)
        for phase in try phases.list(
            of: experiment.number, after: cursor.position, limit: params.limit + 1, in: transaction)
        {
            let arms = phase.arms.reduce(0) { $0 + $1.ranges.count * 30 + ($1.config?.bytes.count ?? 0) }
            guard page.add(phase, bytes: arms + (phase.condition?.bytes.count ?? 0)) else { break }
        }
        return ExperimentPhases.List.Reply(
            items: page.items, nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }
}
