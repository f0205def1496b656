import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `signalFeed.*`: the events that experiments count.
struct SignalFeedService: SignalFeed.Service {
    /// Places in the order of arrival that one page goes through at most.
    static let placesInPage: Int64 = 20_000

    private let actors = ActorStore()
    private let followed = FollowedEventStore()
    private let signals = SignalStore()

    func read(
        _ params: SignalFeed.Read.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SignalFeed.Read.Reply {
        let after = Int64(params.after)
        let last = min(try signals.lastSequence(in: transaction), after + Self.placesInPage)
        guard last > after else { return SignalFeed.Read.Reply(items: [], through: params.after) }
        var special = try SpecialFieldFilter(at: call.now, in: transaction)
        var page = ListPage<(sequence: Int64, signal: FedSignal)>(limit: params.limit)
        let found = try followed.signals(
            params.event, after: after, through: last, limit: params.limit + 1, in: transaction)
        for signal in found {
            let units = try actors.identifiers(of: signal.actor, in: transaction)
                .filter { $0.type == params.identifierType }.map(\.value)
            let numbers = try Self.numbers(params.fields, of: signal, &special, in: transaction)
            let fed = FedSignal(
                messageId: signal.messageID.text, timestamp: signal.occurredAt, units: units, metrics: numbers)
            guard page.add((signal.sequence, fed), bytes: 300 + (numbers?.bytes.count ?? 0)) else { break }
        }
        return SignalFeed.Read.Reply(
            items: page.items.map(\.signal),
            through: Int(page.hasMore ? page.items.last?.sequence ?? after : last))
    }

    /// Those of an event's numbers that are asked for.
    private static func numbers(
        _ fields: [String], of signal: FollowedEventStore.Fed, _ special: inout SpecialFieldFilter,
        in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> JSONRaw? {
        var properties: JSONObject?
        if let bytes = signal.properties, let stored = try? JSONRaw(validating: bytes) {
            let given = try special.given(stored, of: signal.actor, in: transaction)
            if case .object(let object) = try? JSONValue(parsing: given.bytes) { properties = object }
        }
        var writer = JSONWriter(capacity: 64)
        var count = 0
        writer.beginObject()
        for field in fields {
            if field == "revenue", let revenue = signal.revenue {
                writer.key(field)
                writer.verbatim(revenue.description)
                count += 1
            } else if case .number(let number)? = properties?[field] {
                writer.key(field)
                writer.verbatim(number.text)
                count += 1
            }
        }
        writer.endObject()
        guard count > 0 else { return nil }
        do {
            return try JSONRaw(validating: writer.bytes())
        } catch {
            throw .internalError("The numbers of a signal are no JSON: \(error)")
        }
    }
}
