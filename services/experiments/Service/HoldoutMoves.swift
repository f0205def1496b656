import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Takes those back out of a widened holdout's figures who are withheld now and were not before, some hundred units at a
/// time.
struct HoldoutMoves: JobWork {
    static let kind = "holdoutMoves"
    /// Units of one piece.
    static let unitsInPiece = 200

    let intake: HoldoutIntake
    private let experiments = ExperimentStore()
    private let exposures = ExposureStore()
    private let units = UnitStore()
    private let variants = VariantStore()

    init(intake: HoldoutIntake) {
        self.intake = intake
    }

    /// Where the work goes on.
    ///
    /// - Parameter measure: the number of what measures the holdout.
    static func state(_ measure: Int64, after unit: Int64) throws(RPCError) -> JSONRaw {
        let state: JSONValue = ["measure": .number(JSONNumber(measure)), "after": .number(JSONNumber(unit))]
        do throws(JSONError) {
            return try JSONRaw(validating: state.json())
        } catch {
            throw .internalError("A state that was written is no JSON: \(error)")
        }
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        { job, _, transaction throws(RPCError) in try advance(&job, in: transaction) }
    }

    private func advance(_ job: inout StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let state = job.state, let value = try? JSONValue(parsing: state.bytes),
            let number = value["measure"]?.int64, let after = value["after"]?.int64,
            let measure = try experiments.find(number: number, in: transaction)
        else { throw .internalError("The job \(job.id) does not say which holdout it is about.") }
        let numbers = try variants.numbers(of: number, in: transaction)
        let found = try exposures.entries(in: number, afterUnit: after, limit: Self.unitsInPiece, transaction)
        var book = MetricBook()
        for (unit, entry) in found {
            guard let name = try units.unit(unit, in: transaction)?.unit,
                numbers[try intake.side(of: name, in: measure, in: transaction)] != entry.variant
            else { continue }
            try intake.exposures.leave(unit, number, &book, in: transaction)
        }
        try book.write(in: transaction)
        job.done += found.count
        guard found.count == Self.unitsInPiece, let last = found.last?.unit else {
            job.total = job.done
            job.status = .completed
            return
        }
        job.state = try Self.state(number, after: last)
    }
}
