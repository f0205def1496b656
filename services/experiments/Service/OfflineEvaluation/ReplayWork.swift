import ExperimentsAPI
import JSON
import JSONRPC
import Policies
import SQLite
import ServiceContract
import ServiceKit

/// Judges a policy version on a dataset, a thousand rows at a time. The sums are kept with each piece, so that a replay
/// goes on after a crash where it was and finds the same to the last bit.
struct ReplayWork: JobWork {
    static let kind = "policyReplay"
    /// Rows of one piece.
    static let rowsInPiece = 1_000

    let admission: UnitAdmission
    private let replays = ReplayStore()
    private let datasets = DatasetStore()

    init(admission: UnitAdmission) {
        self.admission = admission
    }

    /// What a piece begins with.
    private struct Beginning: Sendable {
        let replay: StoredReplay
        let dataset: StoredDataset
        let figures: [Double]?
        let rows: [(number: Int, row: DatasetRow)]
        /// Which rows they are of, also those that are gone or not to be used.
        let range: Range<Int>
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        let beginning = try await runtime.read(file) { transaction throws(RPCError) in
            try begin(job, in: transaction)
        }
        var run = try ReplayRun(beginning.replay.settings, on: beginning.dataset)
        do {
            if let figures = beginning.figures { try run.restore(figures) }
        } catch {
            throw .internalError("The sums of the replay \(job.id) cannot be read: \(error)")
        }
        let number = beginning.replay.number
        let passes = ReplayRun.passes(beginning.replay.settings.estimators)
        let learns = passes == 2 && job.done < beginning.dataset.rows
        for (number, row) in beginning.rows {
            do {
                if learns { try run.learn(row, number: number) } else { try run.judge(row, number: number) }
            } catch {
                return failure("Row \(number): \(error.words).", of: beginning.replay.number)
            }
        }
        if !learns { run.miss(beginning.range.count - beginning.rows.count) }
        let done = job.done + beginning.range.count
        guard done == passes * beginning.dataset.rows else {
            let figures = run.figures
            return { [replays] job, _, transaction throws(RPCError) in
                job.done = done
                try replays.keep(figures, of: number, in: transaction)
            }
        }
        let results = run.results()
        guard results.rows > 0 else {
            return failure("No row says anything about \(beginning.replay.settings.metric ?? "reward").", of: number)
        }
        return { [replays] job, _, transaction throws(RPCError) in
            job.done = done
            job.status = .completed
            try replays.finish(number, with: results, in: transaction)
        }
    }

    /// The sums of one that somebody ends are of no more use.
    func cancel(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let replay = try replays.find(job.id, in: transaction) else { return }
        try replays.forget(replay.number, in: transaction)
    }

    private func begin(
        _ job: StoredJob, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Beginning {
        guard let replay = try replays.find(job.id, in: transaction),
            let dataset = try datasets.find(number: replay.dataset, in: transaction)
        else { throw .notFound("replay", job.id) }
        let types = try UnitTypeTable(in: transaction)
        let first = job.done % dataset.rows
        let range = first..<min(dataset.rows, first + Self.rowsInPiece)
        var unused: Set<Int> = []
        for (row, unit) in try datasets.units(
            of: dataset.number, from: range.lowerBound, to: range.upperBound, in: transaction)
        where try admission.isRestricted(unit, types, in: transaction) {
            unused.insert(row)
        }
        let rows = try datasets.rows(
            of: dataset.number, from: range.lowerBound, to: range.upperBound, in: transaction)
        return Beginning(
            replay: replay, dataset: dataset, figures: try replays.figures(of: replay.number, in: transaction),
            rows: rows.filter { !unused.contains($0.number) },
            range: range)
    }

    private func failure(_ problem: String, of replay: Int64) -> JobPiece {
        { [replays] job, _, transaction throws(RPCError) in
            job.status = .failed
            job.problem = problem
            try replays.forget(replay, in: transaction)
        }
    }
}
