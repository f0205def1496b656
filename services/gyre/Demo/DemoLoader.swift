import JSON
import JSONRPC
import SignalsAPI

/// What the demo brand holds once it is loaded.
struct DemoSummary: Equatable {
    var people = 0
    var orders = 0
    /// Signals that were new.
    var added = 0
    /// Signals that were refused, because their person was erased.
    var refused = 0

    var sentence: String {
        let what = "the demo brand has \(people.counted("person", "people")) with \(orders.counted("order"))"
        let erased = refused == 0 ? "" : "; \(refused.counted("signal")) of people who were erased stay out"
        return what + (added == 0 ? ", all of them from an earlier start" : "; \(added.grouped) signals are new")
            + erased
    }
}

/// Sends the demo people through the gateway, as anybody would send signals. What is there already is not added again:
/// every signal has a name of its own, and the same one each time.
struct DemoLoader {
    static let seed: UInt64 = 2_026
    /// Signals in one call.
    static let batchItems = 500

    private let directory: DataDirectory
    private let client: SuiteClient

    init(_ directory: DataDirectory, key: String) {
        self.directory = directory
        client = SuiteClient(.gateway(key: key), in: directory)
    }

    /// - Parameter moment: what the orders' ages count from; the same each time, as signals of one name must be alike.
    func load(from moment: Timestamp) async throws(CommandFailure) -> DemoSummary {
        let random = CounterRandom(seed: Self.seed)
        let people = (0..<DemoPerson.count).map { DemoPerson($0, from: random) }
        let signals = DemoSignals(moment: moment)
        var items = people.flatMap { signals.items(of: $0) } + signals.views(from: random)
        var summary = DemoSummary(people: people.count, orders: people.reduce(0) { $0 + $1.orders.count })
        do throws(RPCError) {
            while !items.isEmpty {
                let batch = Signals.Batch.Params(items: Array(items.prefix(Self.batchItems)))
                items.removeFirst(batch.items.count)
                let verdicts = try await Signals.Client(client).batch(batch).verdicts
                summary.added += verdicts.count { $0.status == .accepted }
                let rejected = verdicts.filter { $0.status == .rejected }
                summary.refused += rejected.count { $0.code == RPCError.Code.suppressed }
                if let other = rejected.first(where: { $0.code != RPCError.Code.suppressed }) {
                    throw RPCError(code: other.code ?? 0, message: other.message ?? "a signal was rejected")
                }
            }
        } catch {
            throw CommandFailure(error, in: directory, subject: "The demo people cannot be loaded")
        }
        await client.close()
        return summary
    }
}
