import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `activeExperiments.*`.
struct ActiveExperimentsMethods: ActiveExperiments.Service {
    private let experiments = ExperimentStore()
    private let exposures = ExposureStore()
    private let phases = PhaseStore()

    func list(
        _ params: ActiveExperiments.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ActiveExperiments.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<(number: Int64, experiment: ActiveExperiment)>(limit: params.limit)
        for number in try experiments.numbers(after: cursor.position, limit: .max, status: .active, in: transaction) {
            guard let experiment = try experiments.find(number: number, in: transaction),
                experiment.isAssigning(at: call.now),
                let start = try phases.list(of: number, after: 0, limit: 1, in: transaction).first?.openedAt
            else { continue }
            let active = ActiveExperiment(
                id: experiment.id, key: experiment.key, name: experiment.name, variants: experiment.variants.count,
                allocation: experiment.variants.reduce(0) { $0 + $1.allocation }, startedAt: start,
                units: try exposures.units(of: number, in: transaction))
            guard page.add((number, active), bytes: 0) else { break }
        }
        return ActiveExperiments.List.Reply(
            items: page.items.map(\.experiment),
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }
}
