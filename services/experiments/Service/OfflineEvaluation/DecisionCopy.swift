import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// Copies a bandit's rewarded decisions into a dataset, some hundred at a time, and seals it.
struct DecisionCopy: JobWork {
    static let kind = "decisionCopy"
    /// Decisions of one piece.
    static let decisionsInPiece = 500

    private let bandits = BanditStore()
    private let datasets = DatasetStore()

    /// Where it goes on.
    struct Position: JSONReadable, JSONWritable {
        let dataset: Int64
        let bandit: Int64
        /// The last decision that is copied.
        let last: Int
        /// The last one that was.
        var sequence: Int

        init(dataset: Int64, bandit: Int64, last: Int) {
            (self.dataset, self.bandit, self.last, sequence) = (dataset, bandit, last, 0)
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            let numbers = try [Int64](from: &reader)
            guard numbers.count == 4 else { throw reader.fail(.constraint, "must have four numbers") }
            (dataset, bandit, last, sequence) = (numbers[0], numbers[1], Int(numbers[2]), Int(numbers[3]))
        }

        func write(to writer: inout JSONWriter) {
            [dataset, bandit, Int64(last), Int64(sequence)].write(to: &writer)
        }
    }

    /// The copy that fills a dataset; nil: none does.
    static func job(
        filling dataset: StoredDataset, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        try JobStore().running(in: transaction).first { job in
            job.kind == kind && (try? Position(json: job.state?.bytes ?? []))?.dataset == dataset.number
        }?.id
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        { job, now, transaction throws(RPCError) in try advance(&job, at: now, in: transaction) }
    }

    private func advance(
        _ job: inout StoredJob, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var position: Position
        do {
            position = try Position(json: job.state?.bytes ?? [])
        } catch {
            throw .internalError("The state of the job \(job.id) cannot be read: \(error)")
        }
        guard var dataset = try datasets.find(number: position.dataset, in: transaction),
            let bandit = try bandits.find(number: position.bandit, in: transaction)
        else { throw .internalError("The job \(job.id) has lost its dataset or its bandit.") }
        let decisions = try bandits.rewarded(
            of: bandit.number, after: position.sequence, through: position.last, limit: Self.decisionsInPiece,
            in: transaction)
        for decision in decisions {
            let row = CanonicalRow(
                DatasetRow(
                    features: decision.features, arm: bandit.arms[decision.place],
                    propensities: decision.propensities, reward: decision.reward ?? 0))
            try datasets.append(
                row, number: dataset.rows, unit: decision.unit, to: dataset.number, in: transaction)
            dataset.add(row)
        }
        position.sequence = decisions.last?.sequence ?? position.sequence
        job.state = JSONRaw(position)
        job.done += decisions.count
        if decisions.count < Self.decisionsInPiece {
            job.total = job.done
            guard dataset.rows > 0 else {
                job.status = .failed
                job.problem = "No decision was rewarded."
                return
            }
            dataset.sealedAt = now
            job.status = .completed
        }
        try datasets.update(dataset, in: transaction)
    }
}
