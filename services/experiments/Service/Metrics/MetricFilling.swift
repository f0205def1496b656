import ExperimentMetrics
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Reckons metrics that were added to experiments which units had entered, some hundred units at a time.
struct MetricFilling: JobWork {
    static let kind = "metricFilling"
    /// Units of one piece.
    static let unitsInPiece = 200

    private let exposures = ExposureStore()
    private let plans = ResultPlanStore()

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        { job, _, transaction throws(RPCError) in try advance(&job, in: transaction) }
    }

    private func advance(_ job: inout StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let (experiment, number, through) = try plans.unfilled(in: transaction) else {
            job.total = job.done
            job.status = .completed
            return
        }
        var book = MetricBook()
        guard let metric = try book.metric(number, of: experiment, in: transaction) else {
            throw .internalError("The metric \(number) is planned, and not in the plan.")
        }
        let entries = try exposures.entries(
            in: experiment, afterUnit: through, limit: Self.unitsInPiece, transaction)
        for (unit, entry) in entries { try book.enter(entry, unit, metric, in: transaction) }
        try book.write(in: transaction)
        try plans.fill(
            number, of: experiment, through: entries.count < Self.unitsInPiece ? nil : entries.last?.unit,
            in: transaction)
        job.done += entries.count
    }
}
