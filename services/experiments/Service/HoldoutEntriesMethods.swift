import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `holdoutEntries.*`.
struct HoldoutEntriesMethods: HoldoutEntries.Service {
    let intake: HoldoutIntake
    private let holdouts = HoldoutStore()
    private let experiments = ExperimentStore()

    init(intake: HoldoutIntake) {
        self.intake = intake
    }

    func record(
        _ params: HoldoutEntries.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> HoldoutEntries.Record.Reply {
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
        return HoldoutEntries.Record.Reply(verdicts: verdicts)
    }

    private func take(
        _ item: HoldoutEntryItem, at now: Timestamp, _ book: inout MetricBook,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        guard let holdout = try holdouts.number(key: item.holdout, in: transaction) else {
            throw .notFound("holdout", item.holdout)
        }
        let measure = try experiments.find(measuring: holdout, in: transaction)
        let time = item.at ?? now
        try ExposureIntake.check(time, at: now)
        let unit = try intake.exposures.unit(
            item.unit, type: measure.unitType, at: now, &book.known, in: transaction)
        return try intake.enter(measure, item.unit, unit, at: time, &book, in: transaction)
    }
}
