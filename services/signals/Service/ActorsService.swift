import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `actors.*`.
struct ActorsService: Actors.Service {
    private let actors = ActorStore()
    private let traits = TraitStore()
    private let restrictions = RestrictionStore()

    func get(
        _ params: Actors.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Actors.Get.Reply {
        let key: ActorStore.Key?
        let name: String
        switch (params.id, params.identifier) {
        case (let id?, nil):
            key = try actors.find(id, in: transaction)
            name = "\(id)"
        case (nil, let identifier?):
            key = try find(identifier, in: transaction)
            name = "with this \(identifier.type)"
        default:
            throw .invalidParams(at: "/params", "needs either an id or an identifier")
        }
        let reach = ActorReach(of: call)
        var special = try SpecialFieldFilter(at: call.now, in: transaction)
        guard let key, let actor = try profile(of: key.number, reach, &special, in: transaction) else {
            throw .notFound("actor", name)
        }
        if try restrictions.isRestricted(key.number, in: transaction) { throw .restricted }
        return actor
    }

    /// A value that cannot be an identifier of its type points to nobody.
    private func find(
        _ identifier: Identifier, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> ActorStore.Key? {
        guard let canonical = try? identifier.canonical() else { return nil }
        return try actors.find(canonical, in: transaction)
    }

    func list(
        _ params: Actors.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Actors.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let reach = ActorReach(of: call)
        var check: UseCheck?
        if let purpose = params.purpose { check = try UseCheck(purpose, at: call.now, in: transaction) }
        var special = try SpecialFieldFilter(at: call.now, in: transaction)
        // People who are left out count against the limit, so that a page costs no more than any other.
        var page = ListPage<(number: Int64, actor: ActorProfile?)>(limit: params.limit)
        for number in try actors.numbers(after: cursor.position, limit: params.limit + 1, reach, in: transaction) {
            var actor: ActorProfile?
            var isLeftOut = try restrictions.isRestricted(number, in: transaction)
            if !isLeftOut, let check { isLeftOut = try !check.verdict(on: number, in: transaction).mayUse }
            if !isLeftOut {
                actor = try profile(of: number, reach, &special, in: transaction)
            }
            guard page.add((number, actor), bytes: actor?.traits.bytes.count ?? 0) else { break }
        }
        return Actors.List.Reply(
            items: page.items.compactMap(\.actor),
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func count(
        _ params: Actors.Count.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Actors.Count.Reply {
        Actors.Count.Reply(actors: try actors.count(ActorReach(of: call), in: transaction))
    }

    /// Nil for somebody who is not there, or not reached.
    func profile(
        of number: Int64, _ reach: ActorReach, _ special: inout SpecialFieldFilter,
        in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> ActorProfile? {
        guard let outline = try actors.outline(of: number, reach, in: transaction) else { return nil }
        let identifiers = try actors.identifiers(of: number, in: transaction)
        let traits = try special.split(try traits.object(of: number, in: transaction), of: number, in: transaction)
        return ActorProfile(
            id: outline.key.id, kind: outline.kind,
            identifiers: identifiers,
            traits: traits.given, withheldTraits: traits.withheld.isEmpty ? nil : traits.withheld,
            firstSeenAt: outline.firstSeenAt,
            lastSeenAt: outline.lastSeenAt, signals: outline.signals)
    }
}
