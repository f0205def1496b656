import Beliefs
import CommonAPI
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// What beliefs start from, and how fast they forget, as a brand has set it.
struct BeliefRuleStore: Sendable {
    func rules(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> LearningRules {
        let exceptions = try transaction.all(
            """
            SELECT prior_alpha, prior_beta, half_life_days, offer_kind, channel FROM belief_rule_exceptions
            ORDER BY offer_kind, channel
            """
        ) { row throws(RPCError) in
            LearningRule(
                offerKind: try row.offerKind(3), channel: try row.channel(4), priorAlpha: row.double(0),
                priorBeta: row.double(1), halfLifeDays: row.double(2))
        }
        let set = try transaction.one("SELECT prior_alpha, prior_beta, half_life_days, version FROM belief_rules") {
            LearningRules(
                priorAlpha: $0.double(0), priorBeta: $0.double(1), halfLifeDays: $0.double(2), exceptions: exceptions,
                version: $0.int(3))
        }
        let standard = BetaBelief.Rule.standard
        return set
            ?? LearningRules(
                priorAlpha: standard.alpha, priorBeta: standard.beta, halfLifeDays: standard.halfLifeDays,
                exceptions: [], version: 0)
    }

    func set(_ rules: LearningRules, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO belief_rules (id, prior_alpha, prior_beta, half_life_days, version)
            VALUES (1, :alpha, :beta, :days, :version)
            ON CONFLICT (id) DO UPDATE SET prior_alpha = excluded.prior_alpha, prior_beta = excluded.prior_beta,
                half_life_days = excluded.half_life_days, version = excluded.version
            """,
            [
                ":alpha": rules.priorAlpha, ":beta": rules.priorBeta, ":days": rules.halfLifeDays,
                ":version": rules.version,
            ])
        try transaction.run("DELETE FROM belief_rule_exceptions")
        for rule in rules.exceptions {
            try transaction.run(
                """
                INSERT INTO belief_rule_exceptions (offer_kind, channel, prior_alpha, prior_beta, half_life_days)
                VALUES (:kind, :channel, :alpha, :beta, :days)
                """,
                [
                    ":kind": rule.offerKind.rawValue, ":channel": rule.channel.rawValue, ":alpha": rule.priorAlpha,
                    ":beta": rule.priorBeta, ":days": rule.halfLifeDays,
                ])
        }
    }
}

extension LearningRules {
    /// What holds of a kind of offer in a channel.
    func rule(on offerKind: OfferKind, _ channel: MessageChannel) -> BetaBelief.Rule {
        if let rule = exceptions.first(where: { $0.offerKind == offerKind && $0.channel == channel }) {
            return BetaBelief.Rule(
                alpha: rule.priorAlpha, beta: rule.priorBeta, halfLifeDays: rule.halfLifeDays)
        }
        return BetaBelief.Rule(alpha: priorAlpha, beta: priorBeta, halfLifeDays: halfLifeDays)
    }
}
