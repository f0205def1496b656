import JSON
import JSONRPC
import SQLite
import Scores
import ServiceContract

/// The signals that are purchases and refunds, up to a day.
///
/// A purchase is an event that the brand says is one, with revenue or without; a refund is any event with revenue below
/// zero.
struct PurchaseStore: Sendable {
    /// A JSON array of the names of the events that are purchases.
    private let events: String
    /// The end of the last day, in microseconds.
    private let end: Int64

    init(events: [String], through day: Int) {
        self.events = String(decoding: events.json(), as: UTF8.self)
        end = (Int64(day) + 1) * Self.microsecondsPerDay
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The day of a moment, in UTC.
    static func day(of microseconds: Int64) -> Int {
        let (day, rest) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
        return Int(rest < 0 ? day - 1 : day)
    }

    /// Of those that are stopped nobody makes use.
    private static let unrestricted = """
        NOT EXISTS (
            SELECT 1 FROM processing_restrictions AS stops
            WHERE stops.actor = actors.number AND stops.kind = 'restriction')
        """

    /// What one actor's purchases come to: one walk through the index of signals by actor.
    ///
    /// - Parameter currency: that amounts are summed in; nil: whatever there is.
    func summary(
        of actor: Int64, in currency: Currency?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> PurchaseSummary {
        var summary = PurchaseSummary()
        try transaction.each(
            sql: """
                SELECT occurred_at, revenue, currency FROM signals
                WHERE actor = ? AND occurred_at < ? AND (event IN (SELECT value FROM json_each(?)) OR revenue < 0)
                ORDER BY occurred_at
                """, Arguments([actor, end, events])
        ) { row in
            Self.add(row, at: 0, to: &summary, in: currency)
            return true
        }
        return summary
    }

    /// Hands what the purchases of each actor come to that is reached and not restricted and has any to `body`: one walk
    /// through the index of signals by actor, from end to end.
    func each(
        _ reach: ActorReach, in currency: Currency?, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (PurchaseSummary) -> Void
    ) throws(RPCError) {
        var actor: Int64?
        var summary = PurchaseSummary()
        try transaction.each(
            sql: Self.everybody(reach), Arguments(reach.arguments + [end, events])
        ) { row in
            if actor != row.int64(0) {
                if actor != nil { body(summary) }
                actor = row.int64(0)
                summary = PurchaseSummary()
            }
            Self.add(row, at: 1, to: &summary, in: currency)
            return true
        }
        if actor != nil { body(summary) }
    }

    /// A row for each purchase and refund, ordered by actor and moment.
    static func everybody(_ reach: ActorReach) -> String {
        """
        SELECT actors.number, signals.occurred_at, signals.revenue, signals.currency
        FROM actors CROSS JOIN signals ON signals.actor = actors.number
        WHERE \(reach.condition(on: "actors.number") ?? "TRUE") AND \(unrestricted)
            AND signals.occurred_at < ?
            AND (signals.event IN (SELECT value FROM json_each(?)) OR signals.revenue < 0)
        ORDER BY actors.number, signals.occurred_at
        """
    }

    private static func add(
        _ row: Statement, at column: Int32, to summary: inout PurchaseSummary, in currency: Currency?
    ) {
        let revenue = row.int64OrNil(column + 1)
        let code = row.textOrNil(column + 2)
        let isSummed = currency == nil || code == nil || code == currency?.code
        if let revenue, revenue < 0 {
            summary.addRefund(of: isSummed ? revenue : nil)
        } else {
            summary.addPurchase(on: day(of: row.int64(column)), paying: isSummed ? revenue ?? 0 : nil)
        }
    }

    /// The currency of the purchase that came in first, of those of actors that are reached and not restricted.
    func firstCurrency(
        _ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Currency? {
        var currency: Currency?
        try transaction.each(
            sql: """
                SELECT signals.currency FROM signals JOIN actors ON actors.number = signals.actor
                WHERE \(reach.condition(on: "actors.number") ?? "TRUE") AND \(Self.unrestricted)
                    AND signals.currency IS NOT NULL AND signals.event IN (SELECT value FROM json_each(?))
                ORDER BY signals.sequence LIMIT 1
                """, Arguments(reach.arguments + [events])
        ) { row in
            currency = Currency(row.text(0))
            return false
        }
        return currency
    }

    /// The day of an actor's first signal; nil: there is none up to the day.
    func firstDay(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int? {
        try transaction.one(
            "SELECT min(occurred_at) FROM signals WHERE actor = :actor AND occurred_at < :end",
            [":actor": actor, ":end": end]
        ) { $0.int64OrNil(0) }.flatMap { $0 }.map(Self.day)
    }
}
