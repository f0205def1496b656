import CommonAPI
import JSON
import JSONRPC
import SegmentRules
import ServiceContract
import ServiceKit
import SignalsAPI

extension SegmentsService {
    func preview(
        _ params: Segments.Preview.Params, for call: CallContext
    ) async throws(RPCError) -> Segments.Preview.Reply {
        let file = try runtime.file(ofBrand: call)
        let reach = ActorReach(of: call)
        var (people, everybody, last) = (0, 0, Int64(0))
        var items: [ActorProfile] = []
        var words = ""
        while true {
            let (after, wanted) = (last, params.limit - items.count)
            let piece = try await runtime.read(file) { transaction throws(RPCError) in
                try count(params.rule, after: after, showing: wanted, reach, at: call.now, in: transaction)
            }
            people += piece.people
            everybody += piece.everybody
            items += piece.items
            words = piece.words
            guard let next = piece.last else { break }
            last = next
        }
        return Segments.Preview.Reply(people: people, everybody: everybody, words: words, items: items)
    }

    /// Whom a rule holds for of some thousand people, and up to whom that is; `last` is nil where nobody is behind them.
    private func count(
        _ json: JSONRaw, after number: Int64, showing wanted: Int, _ reach: ActorReach, at now: Timestamp,
        in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> (people: Int, everybody: Int, items: [ActorProfile], words: String, last: Int64?) {
        let rule = try book.rule(json, of: nil, in: transaction)
        var members = try SegmentMembers(at: now, in: transaction)
        var shown: [Int64] = []
        var count = 0
        let gone = try members.each(of: rule.resolved, after: number, reach, in: transaction) { member in
            count += 1
            if shown.count < wanted { shown.append(member) }
            return true
        }
        var special = try SpecialFieldFilter(at: now, in: transaction)
        var items: [ActorProfile] = []
        for member in shown {
            guard let actor = try actors.profile(of: member, reach, &special, in: transaction) else { continue }
            items.append(actor)
        }
        return (count, gone.people, items, rule.words, gone.last)
    }

    func members(
        _ params: Segments.Members.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Members.Reply {
        let cursor = try ListCursor(params.cursor)
        let rule = try book.rule(of: try book.find(params.id, params.key, in: transaction), in: transaction)
        let reach = ActorReach(of: call)
        var check: UseCheck?
        if let purpose = params.purpose { check = try UseCheck(purpose, at: call.now, in: transaction) }
        var special = try SpecialFieldFilter(at: call.now, in: transaction)
        var members = try SegmentMembers(at: call.now, in: transaction)
        var page = ListPage<(number: Int64, actor: ActorProfile)>(limit: params.limit)
        let gone = try members.each(of: rule, after: cursor.position, reach, in: transaction) {
            member throws(RPCError) in
            if let check, try !check.verdict(on: member, in: transaction).mayUse { return true }
            guard let actor = try actors.profile(of: member, reach, &special, in: transaction) else { return true }
            return page.add((member, actor), bytes: actor.traits.bytes.count)
        }
        let last = page.hasMore ? page.items.last?.number : gone.last
        return Segments.Members.Reply(items: page.items.map(\.actor), nextCursor: last.map { "\($0)" })
    }

    func memberships(
        _ params: Segments.Memberships.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Memberships.Reply {
        let person = try PersonReference(params.actorId, params.identifier, for: call).known(in: transaction)
        if try RestrictionStore().isRestricted(person.number, in: transaction) { throw .restricted }
        var members = try SegmentMembers(at: call.now, in: transaction)
        var items: [Segment] = []
        for segment in try active(in: transaction) {
            let rule = try book.rule(of: segment, in: transaction)
            if try !members.members(of: rule, among: [person.number], in: transaction).isEmpty {
                items.append(try segment.reply())
            }
        }
        return Segments.Memberships.Reply(items: items)
    }
}
