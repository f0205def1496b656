import JSONRPC
import ServiceContract
import SignalsAPI

/// Answers `scoreRules.*`.
struct ScoreRulesService: ScoreRules.Service {
    private let rules = ScoreRuleStore()

    func get(
        _ params: ScoreRules.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ScoreRules.Get.Reply {
        try rules.find(in: transaction) ?? .ofNewBrand
    }

    func set(
        _ params: ScoreRules.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ScoreRules.Set.Reply {
        guard params.churnedDays > params.atRiskDays else {
            throw .invalidParams(
                at: "/params/churnedDays",
                "must be more than atRiskDays, which is \(params.atRiskDays): who has churned was at risk before")
        }
        let set = ScoringRules(
            purchaseEvents: params.purchaseEvents ?? ScoringRules.ofNewBrand.purchaseEvents, currency: params.currency,
            newDays: params.newDays, atRiskDays: params.atRiskDays, churnedDays: params.churnedDays)
        try rules.set(set, in: transaction)
        return set
    }
}

extension ScoringRules {
    /// The rules of a brand that has set none.
    static let ofNewBrand = ScoringRules(
        purchaseEvents: ["Order Completed"], newDays: 30, atRiskDays: 90, churnedDays: 180)
}
