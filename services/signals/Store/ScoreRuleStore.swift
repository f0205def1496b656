import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// What counts as a purchase, and from when on customers are at risk or churned.
struct ScoreRuleStore: Sendable {
    func set(_ rules: ScoringRules, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO score_rules (id, purchase_events, currency, new_days, at_risk_days, churned_days)
            VALUES (1, :events, :currency, :new, :atRisk, :churned)
            ON CONFLICT (id) DO UPDATE SET
                purchase_events = excluded.purchase_events, currency = excluded.currency, new_days = excluded.new_days,
                at_risk_days = excluded.at_risk_days, churned_days = excluded.churned_days
            """,
            [
                ":events": String(decoding: rules.purchaseEvents.json(), as: UTF8.self),
                ":currency": rules.currency?.code, ":new": rules.newDays, ":atRisk": rules.atRiskDays,
                ":churned": rules.churnedDays,
            ])
    }

    /// Nil: as in a new brand.
    func find(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> ScoringRules? {
        try transaction.one(
            "SELECT purchase_events, currency, new_days, at_risk_days, churned_days FROM score_rules"
        ) { row throws(RPCError) in
            let events: [String]
            do throws(JSONError) {
                events = try [String](json: row.text(0))
            } catch {
                throw .internalError("The events that are purchases are unreadable: \(error.message)")
            }
            return ScoringRules(
                purchaseEvents: events, currency: row.textOrNil(1).flatMap { Currency($0) }, newDays: row.int(2),
                atRiskDays: row.int(3), churnedDays: row.int(4))
        }
    }
}
