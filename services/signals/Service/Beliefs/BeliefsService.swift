import Beliefs
import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `beliefs.*`.
struct BeliefsService: Beliefs.Service {
    let intake: SignalIntake
    private let evidence = EvidenceIntake()
    private let store = BeliefStore()
    private let restrictions = RestrictionStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func get(
        _ params: Beliefs.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Beliefs.Get.Reply {
        let actor = try person(params.actorId, params.identifier, for: call, in: transaction)
        let beliefs = try ResponseBeliefs(at: params.asOf ?? call.now, in: transaction)
        var items: [ResponseBelief] = []
        for stored in try store.beliefs(of: actor, in: transaction)
        where stored.topic.isOf(params.offerKind, params.channel) {
            items.append(try beliefs.belief(on: stored.topic, version: stored.version, in: transaction))
        }
        if items.isEmpty, let offerKind = params.offerKind, let channel = params.channel {
            let topic = BeliefTopic(actor: actor, offerKind: offerKind, channel: channel)
            items.append(try beliefs.belief(on: topic, version: 0, in: transaction))
        }
        return Beliefs.Get.Reply(items: items.sorted { $0.mean > $1.mean })
    }

    func list(
        _ params: Beliefs.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Beliefs.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let beliefs = try ResponseBeliefs(at: params.asOf ?? call.now, in: transaction)
        var check: UseCheck?
        if let purpose = params.purpose { check = try UseCheck(purpose, at: call.now, in: transaction) }
        // What a belief costs is the evidence that it is made of.
        var page = ListPage<(number: Int64, belief: ResponseBelief?)>(limit: params.limit)
        let found = try store.beliefs(
            on: params.offerKind, params.channel, after: cursor.position, ActorReach(of: call),
            limit: params.limit + 1, in: transaction)
        for stored in found {
            var belief: ResponseBelief?
            if try check?.verdict(on: stored.topic.actor.number, in: transaction).mayUse ?? true {
                belief = try beliefs.belief(on: stored.topic, version: stored.version, in: transaction)
            }
            let bytes = (belief?.evidenceCount ?? 0) * Self.bytesOfPiece
            guard page.add((stored.number, belief), bytes: bytes) else { break }
        }
        return Beliefs.List.Reply(
            items: page.items.compactMap(\.belief),
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    /// What a piece of evidence counts against ``ListPage``'s bytes: a page ends behind some 16,000 pieces.
    private static let bytesOfPiece = 32

    func log(
        _ params: Beliefs.Log.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Beliefs.Log.Reply {
        let cursor = try ListCursor(params.cursor)
        let actor = try person(params.actorId, params.identifier, for: call, in: transaction)
        var page = ListPage<BeliefChange>(limit: params.limit)
        let changes = try store.changes(
            of: actor, params.offerKind, params.channel, after: cursor.position, limit: params.limit + 1,
            in: transaction)
        for change in changes {
            guard page.add(change, bytes: change.sources.count * Self.bytesOfID) else { break }
        }
        return Beliefs.Log.Reply(
            items: page.items, nextCursor: page.hasMore ? page.items.last.map { "\($0.sequence)" } : nil)
    }

    /// Of an id in a reply.
    private static let bytesOfID = 39

    func record(
        _ params: Beliefs.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Beliefs.Record.Reply {
        var verdicts: [EvidenceVerdict] = []
        for (index, item) in params.items.enumerated() {
            do {
                let cited = try cited(item, at: index, for: call, in: transaction)
                let status = try evidence.take(cited, for: call, in: transaction)
                verdicts.append(EvidenceVerdict(index: index, status: status, evidenceId: cited.response.id))
            } catch {
                guard error.isOfSender || error.code == RPCError.Code.notFound else { throw error }
                verdicts.append(
                    EvidenceVerdict(index: index, status: .rejected, code: error.code, message: error.message))
            }
        }
        return Beliefs.Record.Reply(verdicts: verdicts)
    }

    func withdraw(
        _ params: Beliefs.Withdraw.Params, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> Beliefs.Withdraw.Reply {
        var unknown: [UUIDv7] = []
        for id in params.evidenceIds where try !evidence.withdraw(id, for: call, in: transaction) {
            unknown.append(id)
        }
        return Beliefs.Withdraw.Reply(
            withdrawn: params.evidenceIds.count - unknown.count, unknownIds: unknown)
    }

    // MARK: Steps

    /// Somebody of whom something may be said.
    private func person(
        _ id: UUIDv7?, _ identifier: Identifier?, for call: CallContext, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> ActorStore.Key {
        let actor = try PersonReference(id, identifier, for: call).known(in: transaction)
        if try restrictions.isRestricted(actor.number, in: transaction) { throw .restricted }
        return actor
    }

    private func cited(
        _ item: RecordedResponse, at index: Int, for call: CallContext, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> CitedEvidence {
        guard (item.actorId == nil) != (item.identifier == nil) else {
            throw .invalidParams(at: "/params/items/\(index)", "needs either an actorId or an identifier")
        }
        guard item.at.microseconds - call.now.microseconds <= IntakeLimits.aheadMicroseconds else {
            throw .invalidParams(at: "/params/items/\(index)/at", "must be at most 24 hours ahead of now")
        }
        let actor = try PersonReference(item.actorId, item.identifier, for: call)
            .made(by: intake, at: call.now, in: transaction)
        let id = item.evidenceId ?? transaction.newID(at: call.now)
        return CitedEvidence(
            topic: BeliefTopic(actor: actor, offerKind: item.offerKind, channel: item.channel),
            response: ResponseEvidence(id: id, at: item.at, responded: item.responded), campaign: item.campaignId,
            sources: item.sources)
    }
}

extension BeliefTopic {
    /// Whether it is of this kind of offer and in this channel; nil: of any.
    fileprivate func isOf(_ offerKind: OfferKind?, _ channel: MessageChannel?) -> Bool {
        (offerKind ?? self.offerKind) == self.offerKind && (channel ?? self.channel) == self.channel
    }
}
