import Beliefs
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI

/// Takes evidence in and withdraws it. Of what is told twice under one id the later one holds.
struct EvidenceIntake: Sendable {
    private let store = BeliefStore()
    private let actors = ActorStore()

    /// - Returns: what became of it; never rejected.
    @discardableResult
    func take(
        _ evidence: CitedEvidence, for call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> EvidenceVerdict.Status {
        let before = try store.find(evidence.response.id, in: transaction)
        if before == evidence { return .duplicate }
        if let before { try store.withdraw(before, at: call.now, by: call.principal, in: transaction) }
        try store.add(evidence, at: call.now, by: call.principal, in: transaction)
        return before == nil ? .accepted : .replaced
    }

    /// - Returns: whether there was such a piece.
    @discardableResult
    func withdraw(
        _ id: UUIDv7, for call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        guard let evidence = try store.find(id, in: transaction) else { return false }
        try store.withdraw(evidence, at: call.now, by: call.principal, in: transaction)
        return true
    }

    /// What a sibling learned. Somebody who is not there, or was erased meanwhile, is passed over.
    func learn(
        _ message: ResponsesLearned, for call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for id in message.withdrawn { try withdraw(id, for: call, in: transaction) }
        for item in message.items {
            guard let actor = try actors.find(item.actorId, in: transaction) else { continue }
            try take(CitedEvidence(item, of: actor), for: call, in: transaction)
        }
    }
}

extension CitedEvidence {
    fileprivate init(_ item: LearnedResponse, of actor: ActorStore.Key) {
        self.init(
            topic: BeliefTopic(actor: actor, offerKind: item.offerKind, channel: item.channel),
            response: ResponseEvidence(id: item.evidenceId, at: item.at, responded: item.responded),
            campaign: item.campaignId, sources: item.sources)
    }
}
