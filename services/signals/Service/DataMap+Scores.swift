import ServiceKit

extension DataMap {
    /// What is kept for scores: scores themselves are computed when they are asked for.
    static let scores = [
        Table(
            "score_rules", "what counts as a purchase, and from when on customers are at risk or churned", .nobody,
            columns: ["id", "purchase_events", "currency", "new_days", "at_risk_days", "churned_days"])
    ]
}
