import JSON
import JSONRPC
import ServiceContract
import SignalsAPI

/// Applies the ``UseRule`` to people in the database, for one purpose at one moment.
struct UseCheck {
    private let rule: UseRule
    private let now: Timestamp
    private let consents = ConsentStore()
    private let restrictions = RestrictionStore()

    init(
        _ purpose: String, at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        rule = UseRule(purpose: purpose, purposeBasis: try PurposeStore().basis(of: purpose, in: transaction))
        self.now = now
    }

    func verdict(
        on actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UseRule.Verdict {
        var stops: [RestrictionKind: Timestamp] = [:]
        for stop in try restrictions.all(of: actor, in: transaction) { stops[stop.kind] = stop.since }
        let entry = try consents.current(rule.purpose, of: actor, in: transaction)?.entry
        return rule.verdict(stops: stops, entry, at: now)
    }

    /// As callers see it; nil: nobody is known.
    func decision(
        on actor: ActorStore.Key?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UseDecision {
        guard let actor else { return UseDecision(mayUse: false, reason: .unknownPerson) }
        let verdict = try verdict(on: actor.number, in: transaction)
        return UseDecision(
            mayUse: verdict.mayUse, reason: verdict.reason, actorId: actor.id, legalBasis: verdict.legalBasis,
            expiresAt: verdict.expiresAt)
    }
}
