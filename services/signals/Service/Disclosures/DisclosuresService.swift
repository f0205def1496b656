import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `disclosures.*`.
struct DisclosuresService: Disclosures.Service {
    /// Entries of one page of an accounting.
    static let accountedAtOnce = 200

    let intake: SignalIntake
    private let recipients = RecipientStore()
    private let disclosures = DisclosureStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func record(
        _ params: Disclosures.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Disclosures.Record.Reply {
        let person = try PersonReference(params.actorId, params.identifier, for: call)
        let (first, last) = try params.times(at: call.now)
        guard let recipient = try recipients.find(params.recipientId, in: transaction) else {
            throw .notFound("recipient", params.recipientId)
        }
        let actor = try person.made(by: intake, at: call.now, in: transaction)
        let number = try disclosures.record(
            DisclosureEntry(
                actor: actor.number, recipient: recipient.number, disclosedAt: first, lastDisclosedAt: last,
                times: params.times, description: params.description, purpose: params.purpose,
                accounting: params.accounting, reference: params.reference,
                identifier: try? person.identifier?.canonical(), recordedAt: call.now, recordedBy: call.principal),
            in: transaction)
        return Disclosure(
            number: Int(number), actorId: actor.id, recipientId: recipient.recipient.id,
            recipient: recipient.recipient.name, disclosedAt: first, lastDisclosedAt: params.times > 1 ? last : nil,
            times: params.times, description: params.description, purpose: params.purpose,
            accounting: params.accounting, reference: params.reference, recordedAt: call.now,
            recordedBy: call.principal)
    }

    func list(
        _ params: Disclosures.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Disclosures.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var actor: Int64?
        if params.actorId != nil || params.identifier != nil {
            let key = try PersonReference(params.actorId, params.identifier, for: call).find(in: transaction)
            guard let key else { return Disclosures.List.Reply(items: []) }
            actor = key.number
        }
        let found = try disclosures.list(
            after: cursor.position, actor: actor, recipient: params.recipientId, limit: params.limit + 1,
            in: transaction)
        var page = ListPage<Disclosure>(limit: params.limit)
        for disclosure in found {
            let bytes = disclosure.description.utf8.count + disclosure.purpose.utf8.count
            if !page.add(disclosure, bytes: bytes) { break }
        }
        return Disclosures.List.Reply(
            items: page.items, nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func account(
        _ params: Disclosures.Account.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Disclosures.Account.Reply {
        let cursor = try ListCursor(params.cursor)
        let subjects = try ActorDirectory().find(params.identifiers, actors: params.actors, in: transaction)
        let erasures = try intake.tombstones.erasures(of: params.identifiers, in: transaction)
        var found: [(number: Int64, entry: AccountedDisclosure)] = []
        for whose in subjects.map({ DisclosureStore.Whose.actor($0.number) }) + erasures.map({ .erased($0) }) {
            found += try disclosures.account(
                whose, since: params.since, until: params.until, after: cursor.position,
                limit: Self.accountedAtOnce + 1, in: transaction)
        }
        found.sort { $0.number < $1.number }
        let items = found.prefix(Self.accountedAtOnce)
        return Disclosures.Account.Reply(
            items: items.map(\.entry), nextCursor: found.count > items.count ? items.last.map { "\($0.number)" } : nil)
    }
}

extension Disclosures.Record.Params {
    /// When the first and the last of them were; what the contract cannot state.
    fileprivate func times(at now: Timestamp) throws(RPCError) -> (first: Timestamp, last: Timestamp) {
        let first = disclosedAt ?? now
        guard first <= now else { throw .invalidParams(at: "/params/disclosedAt", "must not be ahead of now") }
        guard times > 1 else {
            guard lastDisclosedAt == nil else {
                throw .invalidParams(
                    at: "/params/lastDisclosedAt", "is for several: say in `times` how many there were")
            }
            return (first, first)
        }
        guard let last = lastDisclosedAt else {
            throw .invalidParams(at: "/params/lastDisclosedAt", "is needed for several (45 CFR 164.528(b)(3)(iii))")
        }
        guard last >= first, last <= now else {
            throw .invalidParams(at: "/params/lastDisclosedAt", "must not be before the first, nor ahead of now")
        }
        return (first, last)
    }
}
