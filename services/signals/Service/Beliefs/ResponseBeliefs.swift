import Beliefs
import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import Statistics

/// Makes beliefs from the evidence at one moment, by the brand's rules.
struct ResponseBeliefs {
    /// Campaigns that a belief names.
    private static let campaigns = 10

    private let rules: LearningRules
    private let moment: Timestamp
    private let store = BeliefStore()

    init(
        at moment: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        rules = try BeliefRuleStore().rules(in: transaction)
        self.moment = moment
    }

    /// - Parameter version: 0 where there never was any evidence.
    func belief(
        on topic: BeliefTopic, version: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ResponseBelief {
        let evidence = version == 0 ? [] : try store.evidence(of: topic, until: moment, in: transaction)
        let belief = BetaBelief(
            evidence.map(\.response), rules.rule(on: topic.offerKind, topic.channel), at: moment)
        var campaigns: [UUIDv7] = []
        for campaign in evidence.lazy.compactMap(\.campaign) where !campaigns.contains(campaign) {
            campaigns.append(campaign)
            if campaigns.count == Self.campaigns { break }
        }
        let interval = belief.interval()
        return ResponseBelief(
            actorId: topic.actor.id, offerKind: topic.offerKind, channel: topic.channel, mean: belief.mean,
            interval: CredibleInterval(lower: Self.rounded(interval.lower), upper: Self.rounded(interval.upper)),
            alpha: belief.alpha,
            beta: belief.beta, evidenceCount: belief.evidenceCount, effectiveEvidence: belief.effectiveEvidence,
            campaignIds: campaigns, version: version, lastEvidenceAt: belief.lastEvidenceAt)
    }

    /// To twelve decimals: what logarithms of other machines make of the last bits is no news.
    private static func rounded(_ share: Double) -> Double { (share * 1e12).rounded() / 1e12 }
}
