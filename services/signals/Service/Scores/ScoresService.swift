import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `scores.*`.
struct ScoresService: Scores.Service {
    private let actors = ActorStore()
    private let restrictions = RestrictionStore()

    func get(
        _ params: Scores.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Scores.Get.Reply {
        let actor = try PersonReference(params.actorId, params.identifier, for: call).known(in: transaction)
        if try restrictions.isRestricted(actor.number, in: transaction) { throw .restricted }
        let scoring = try Scoring(
            asOf: params.asOf, comparing: params.quintiles, ActorReach(of: call), at: call.now, in: transaction)
        return Scores.Get.Reply(
            asOf: scoring.asOf, currency: scoring.currency, customers: scoring.customers,
            scores: try scoring.scores(of: actor, in: transaction))
    }

    func list(
        _ params: Scores.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Scores.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let reach = ActorReach(of: call)
        var check: UseCheck?
        if let purpose = params.purpose { check = try UseCheck(purpose, at: call.now, in: transaction) }
        let scoring = try Scoring(
            asOf: params.asOf, comparing: params.quintiles, reach, at: call.now, in: transaction)
        // People who are left out count against the limit, so that a page costs no more than any other.
        var page = ListPage<(number: Int64, scores: ActorScores?)>(limit: params.limit)
        for number in try actors.numbers(after: cursor.position, limit: params.limit + 1, reach, in: transaction) {
            var scores: ActorScores?
            var isLeftOut = try restrictions.isRestricted(number, in: transaction)
            if !isLeftOut, let check { isLeftOut = try !check.verdict(on: number, in: transaction).mayUse }
            if !isLeftOut, let actor = try actors.key(of: number, in: transaction) {
                let found = try scoring.scores(of: actor, in: transaction)
                if params.stage == nil || params.stage == found.stage { scores = found }
            }
            guard page.add((number, scores), bytes: 0) else { break }
        }
        return Scores.List.Reply(
            asOf: scoring.asOf, currency: scoring.currency, customers: scoring.customers,
            items: page.items.compactMap(\.scores),
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }
}
