import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `experimentExposures.*`.
struct ExperimentExposuresMethods: ExperimentExposures.Service {
    let intake: ExposureIntake
    let assignments: AssignmentsMethods
    private let exposures = ExposureStore()
    private let experiments = ExperimentStore()

    init(intake: ExposureIntake, assignments: AssignmentsMethods) {
        self.intake = intake
        self.assignments = assignments
    }

    func record(
        _ params: ExperimentExposures.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentExposures.Record.Reply {
        var book = MetricBook()
        var verdicts: [ItemVerdict] = []
        for (index, item) in params.items.enumerated() {
            do throws(RPCError) {
                let isFirst = try take(item, at: call.now, &book, in: transaction)
                verdicts.append(ItemVerdict(index: index, status: isFirst ? .accepted : .duplicate))
            } catch {
                verdicts.append(try ItemVerdict(index, rejectedFor: error))
            }
        }
        try book.write(in: transaction)
        return ExperimentExposures.Record.Reply(verdicts: verdicts)
    }

    private func take(
        _ item: ExposureItem, at now: Timestamp, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let named = try book.known.experiment(item.experiment, in: transaction)
        let experiment = named.stored
        let time = item.at ?? now
        var met = item.variant
        if met == nil { met = try assignments.variant(of: item.unit, in: experiment, at: now, transaction) }
        guard let variant = met else {
            throw .conflict("\(experiment.key) assigns this unit no variant by its id alone; say which it met.")
        }
        let (phase, number) = try named.place(variant: variant, at: time, now: now)
        let unit = try intake.unit(item.unit, type: experiment.unitType, at: now, &book.known, in: transaction)
        return try intake.take(
            ExposureStore.Exposure(
                experiment: experiment.number, phase: phase, unit: unit, variant: number, exposedAt: time,
                segments: named.segments(item.attributes)),
            at: now, &book, in: transaction)
    }

    func list(
        _ params: ExperimentExposures.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentExposures.List.Reply {
        let cursor = try ListCursor(params.cursor)
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        let found = try exposures.list(
            of: experiment.number, key: experiment.key, after: cursor.position, limit: params.limit + 1,
            in: transaction)
        let items = found.prefix(params.limit)
        return ExperimentExposures.List.Reply(
            items: items.map(\.exposed),
            nextCursor: found.count > params.limit ? items.last.map { "\($0.number)" } : nil)
    }
}
