import Beliefs
import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// What a belief is about: the response of one person to one kind of offer in one channel.
struct BeliefTopic: Sendable, Hashable {
    let actor: ActorStore.Key
    let offerKind: OfferKind
    let channel: MessageChannel
}

/// A piece of evidence with all that was told of it.
struct CitedEvidence: Sendable, Equatable {
    let topic: BeliefTopic
    let response: ResponseEvidence
    let campaign: UUIDv7?
    /// The exposures and outcomes that it cites.
    let sources: [UUIDv7]
}

/// The evidence that beliefs are made of, and the log of what changed it.
struct BeliefStore: Sendable {
    /// The newest pieces of evidence that one belief looks at.
    static let piecesOfBelief = 10_000

    // MARK: Evidence

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> CitedEvidence? {
        try transaction.one(
            """
            SELECT actors.number, actors.id, offer_kind, channel, responded, at, campaign, sources
            FROM belief_evidence JOIN actors ON actors.number = belief_evidence.actor
            WHERE belief_evidence.id = :id
            """, [":id": id]
        ) { row throws(RPCError) in
            CitedEvidence(
                topic: BeliefTopic(
                    actor: ActorStore.Key(number: row.int64(0), id: row.uuid(1)), offerKind: try row.offerKind(2),
                    channel: try row.channel(3)),
                response: ResponseEvidence(id: id, at: row.timestamp(5), responded: row.bool(4)),
                campaign: row.uuidOrNil(6), sources: try row.ids(7))
        }
    }

    /// Adds a piece of evidence; its id is nobody's yet.
    func add(
        _ evidence: CitedEvidence, at now: Timestamp, by principal: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO belief_evidence (
                id, actor, offer_kind, channel, responded, at, campaign, sources, recorded_at)
            VALUES (:id, :actor, :kind, :channel, :responded, :at, :campaign, :sources, :now)
            """,
            [
                ":id": evidence.response.id, ":actor": evidence.topic.actor.number,
                ":kind": evidence.topic.offerKind.rawValue, ":channel": evidence.topic.channel.rawValue,
                ":responded": evidence.response.responded, ":at": evidence.response.at, ":campaign": evidence.campaign,
                ":sources": evidence.sourcesText, ":now": now,
            ])
        try log(.added, evidence, at: now, by: principal, in: transaction)
    }

    func withdraw(
        _ evidence: CitedEvidence, at now: Timestamp, by principal: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run("DELETE FROM belief_evidence WHERE id = :id", [":id": evidence.response.id])
        try log(.withdrawn, evidence, at: now, by: principal, in: transaction)
    }

    private func log(
        _ change: BeliefChange.Change, _ evidence: CitedEvidence, at now: Timestamp, by principal: String,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO belief_log (actor, offer_kind, channel, version, change, evidence, responded, at, campaign,
                sources, changed_at, changed_by)
            SELECT actor, offer_kind, channel, version, :change, :id, :responded, :at, :campaign, :sources, :now,
                :principal
            FROM beliefs WHERE actor = :actor AND offer_kind = :kind AND channel = :channel
            """,
            [
                ":change": change.rawValue, ":id": evidence.response.id, ":responded": evidence.response.responded,
                ":at": evidence.response.at, ":campaign": evidence.campaign, ":sources": evidence.sourcesText,
                ":now": now, ":principal": principal, ":actor": evidence.topic.actor.number,
                ":kind": evidence.topic.offerKind.rawValue, ":channel": evidence.topic.channel.rawValue,
            ])
    }

    /// What had happened by a moment, newest first: at most ``piecesOfBelief``, each with its campaign.
    func evidence(
        of topic: BeliefTopic, until moment: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(response: ResponseEvidence, campaign: UUIDv7?)] {
        try transaction.all(
            """
            SELECT id, at, responded, campaign FROM belief_evidence
            WHERE actor = :actor AND offer_kind = :kind AND channel = :channel AND at <= :moment
            ORDER BY at DESC, id DESC LIMIT :limit
            """,
            [
                ":actor": topic.actor.number, ":kind": topic.offerKind.rawValue, ":channel": topic.channel.rawValue,
                ":moment": moment, ":limit": Self.piecesOfBelief,
            ]
        ) { row in
            (ResponseEvidence(id: row.uuid(0), at: row.timestamp(1), responded: row.bool(2)), row.uuidOrNil(3))
        }
    }

    // MARK: Beliefs

    /// A belief of which there ever was evidence.
    struct Stored: Sendable {
        /// In the order in which their first evidence came.
        let number: Int64
        let topic: BeliefTopic
        let version: Int
    }

    /// What is believed of one person.
    func beliefs(
        of actor: ActorStore.Key, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            "SELECT number, offer_kind, channel, version FROM beliefs WHERE actor = :actor ORDER BY number",
            [":actor": actor.number]
        ) { row throws(RPCError) in
            Stored(
                number: row.int64(0),
                topic: BeliefTopic(actor: actor, offerKind: try row.offerKind(1), channel: try row.channel(2)),
                version: row.int(3))
        }
    }

    /// What is believed of everybody who is reached and whose data is not restricted.
    func beliefs(
        on offerKind: OfferKind, _ channel: MessageChannel, after number: Int64, _ reach: ActorReach, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        var found: [Stored] = []
        try transaction.each(
            sql: """
                SELECT beliefs.number, actors.number, actors.id, version
                FROM beliefs JOIN actors ON actors.number = beliefs.actor
                WHERE \(reach.condition(on: "beliefs.actor") ?? "TRUE")
                    AND offer_kind = ? AND channel = ? AND beliefs.number > ?
                    AND NOT EXISTS (
                        SELECT 1 FROM processing_restrictions AS stops
                        WHERE stops.actor = beliefs.actor AND stops.kind = 'restriction')
                ORDER BY beliefs.number LIMIT ?
                """, Arguments(reach.arguments + [offerKind.rawValue, channel.rawValue, number, limit])
        ) { row in
            let actor = ActorStore.Key(number: row.int64(1), id: row.uuid(2))
            let topic = BeliefTopic(actor: actor, offerKind: offerKind, channel: channel)
            found.append(Stored(number: row.int64(0), topic: topic, version: row.int(3)))
            return true
        }
        return found
    }

    /// What changed the beliefs about one person, oldest first.
    ///
    /// - Parameters:
    ///   - offerKind: only of this kind; nil: of all.
    ///   - channel: only in this channel; nil: in all.
    func changes(
        of actor: ActorStore.Key, _ offerKind: OfferKind?, _ channel: MessageChannel?, after sequence: Int64,
        limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [BeliefChange] {
        try transaction.all(
            """
            SELECT sequence, offer_kind, channel, change, evidence, responded, at, campaign, sources, version, changed_at,
                changed_by
            FROM belief_log
            WHERE actor = :actor AND sequence > :sequence AND offer_kind = ifnull(:kind, offer_kind)
                AND channel = ifnull(:channel, channel)
            ORDER BY sequence LIMIT :limit
            """,
            [
                ":actor": actor.number, ":sequence": sequence, ":kind": offerKind?.rawValue,
                ":channel": channel?.rawValue, ":limit": limit,
            ]
        ) { row throws(RPCError) in
            guard let change = BeliefChange.Change(rawValue: row.text(3)) else {
                throw .internalError("The belief log has the unknown change '\(row.text(3))'.")
            }
            return BeliefChange(
                sequence: row.int(0), actorId: actor.id, offerKind: try row.offerKind(1), channel: try row.channel(2),
                change: change, evidenceId: row.uuid(4), responded: row.bool(5), at: row.timestamp(6),
                campaignId: row.uuidOrNil(7), sources: try row.ids(8), version: row.int(9),
                changedAt: row.timestamp(10), changedBy: row.text(11))
        }
    }
}

extension CitedEvidence {
    fileprivate var sourcesText: String { String(decoding: sources.json(), as: UTF8.self) }
}

extension Statement {
    func offerKind(_ column: Int32) throws(RPCError) -> OfferKind {
        guard let kind = OfferKind(rawValue: text(column)) else {
            throw .internalError("There is an offer of the unknown kind '\(text(column))'.")
        }
        return kind
    }

    func channel(_ column: Int32) throws(RPCError) -> MessageChannel {
        guard let channel = MessageChannel(rawValue: text(column)) else {
            throw .internalError("There is the unknown channel '\(text(column))'.")
        }
        return channel
    }

    fileprivate func ids(_ column: Int32) throws(RPCError) -> [UUIDv7] {
        do {
            return try [UUIDv7](json: Array(text(column).utf8))
        } catch {
            throw .internalError("The sources of evidence are no ids: \(error.message)")
        }
    }
}
