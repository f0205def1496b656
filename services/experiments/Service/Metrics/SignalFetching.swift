import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// Fetches the events that metrics count from signals, page by page: what a page brings and how far it went are one
/// transaction.
struct SignalFetching: JobWork {
    static let kind = "signalFetching"
    /// Signals of one page.
    static let signalsInPage = 500

    let signals: any JSONRPCClient
    let intake: EventIntake
    private let followed = FollowedEventStore()

    init(signals: any JSONRPCClient, intake: EventIntake) {
        self.signals = signals
        self.intake = intake
    }

    /// What to ask for next.
    private struct Question: Sendable {
        let progress: FollowedEventStore.Progress
        /// Nil for units that are nobody's.
        let identifierType: String?
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        let question = try await runtime.read(file) { [followed] transaction throws(RPCError) -> Question? in
            guard let progress = try followed.all(in: transaction).first(where: \.isBehind) else { return nil }
            return Question(
                progress: progress,
                identifierType: try UnitTypeTable(in: transaction).identifierType(of: progress.followed.unitType))
        }
        guard let question else {
            return { job, _, transaction throws(RPCError) in try finish(&job, in: transaction) }
        }
        guard let type = question.identifierType else {
            // Sessions have no identifier that a signal could carry.
            return { _, _, transaction throws(RPCError) in
                guard try isCurrent(question, in: transaction) else { return }
                try followed.fetched(question.progress, through: .max, in: transaction)
            }
        }
        guard let brand = runtime.databases.all.first(where: { runtime.databases.file(of: $0) == file }) else {
            throw .internalError("\(file.path) is no brand's.")
        }
        let page = try await SignalFeed.Client(signals).read(
            SignalFeed.Read.Params(
                event: question.progress.followed.event, identifierType: type,
                after: Int(question.progress.fetchedThrough), limit: Self.signalsInPage,
                fields: question.progress.fields),
            for: CallContext(brand: brand, principal: "service:experiments"))
        return { job, now, transaction throws(RPCError) in
            guard try isCurrent(question, in: transaction) else { return }
            try take(page, question.progress, &job, at: now, in: transaction)
        }
    }

    /// Whether what was asked is still what is to be asked. What was left, began anew or has units of other names
    /// meanwhile is asked again, or not at all.
    private func isCurrent(
        _ question: Question, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let asked = question.progress
        let known = try followed.all(in: transaction).first { $0.followed == asked.followed }
        let type = try UnitTypeTable(in: transaction).identifierType(of: asked.followed.unitType)
        return known?.fetchedThrough == asked.fetchedThrough && known?.fields == asked.fields
            && type == question.identifierType
    }

    private func take(
        _ page: SignalFeed.Read.Reply, _ progress: FollowedEventStore.Progress, _ job: inout StoredJob,
        at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let event = progress.followed
        var book = MetricBook()
        // What is kept no longer counted before, and does not come again.
        let since = try followed.keptSince(now, in: transaction)
        for signal in page.items where since.map({ $0 <= signal.timestamp }) ?? true {
            let numbers = EventNumbers(signal.metrics)
            for unit in signal.units {
                do throws(RPCError) {
                    let number = try intake.exposures.unit(
                        unit, type: event.unitType, at: now, &book.known, in: transaction)
                    _ = try intake.take(
                        NewEvent(
                            unit: number, messageID: signal.messageId, type: event.event, source: .signals,
                            occurredAt: signal.timestamp, context: nil, metrics: signal.metrics, payload: nil,
                            numbers: numbers),
                        at: now, &book, in: transaction)
                } catch {
                    // Somebody who was erased meanwhile.
                    guard error.code == RPCError.Code.suppressed else { throw error }
                }
            }
        }
        try book.write(in: transaction)
        try followed.fetched(progress, through: Int64(page.through), in: transaction)
        job.done += page.items.count
    }

    private func finish(_ job: inout StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        // What arrived meanwhile is fetched before the job ends.
        if try followed.all(in: transaction).contains(where: \.isBehind) { return }
        job.total = job.done
        job.status = .completed
    }
}
