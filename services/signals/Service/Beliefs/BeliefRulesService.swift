import CommonAPI
import JSONRPC
import ServiceContract
import SignalsAPI

/// Answers `beliefRules.*`.
struct BeliefRulesService: BeliefRules.Service {
    private let store = BeliefRuleStore()

    func get(
        _ params: BeliefRules.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> BeliefRules.Get.Reply {
        try store.rules(in: transaction)
    }

    func set(
        _ params: BeliefRules.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> BeliefRules.Set.Reply {
        let before = try store.rules(in: transaction)
        guard before.version == params.version else {
            throw .versionMismatch(
                "beliefRules", expected: Int64(params.version), actual: Int64(before.version))
        }
        for (index, rule) in params.exceptions.enumerated()
        where params.exceptions.prefix(index).contains(where: {
            $0.offerKind == rule.offerKind && $0.channel == rule.channel
        }) {
            throw .invalidParams(
                at: "/params/exceptions/\(index)", "says again what holds of this kind of offer in this channel")
        }
        try store.set(
            LearningRules(
                priorAlpha: params.priorAlpha, priorBeta: params.priorBeta, halfLifeDays: params.halfLifeDays,
                exceptions: params.exceptions, version: before.version + 1), in: transaction)
        return try store.rules(in: transaction)
    }
}
