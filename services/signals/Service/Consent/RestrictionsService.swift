import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `restrictions.*`.
struct RestrictionsService: Restrictions.Service {
    let intake: SignalIntake
    private let restrictions = RestrictionStore()
    private let actors = ActorStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func place(
        _ params: Restrictions.Place.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Restrictions.Place.Reply {
        let actor = try PersonReference(params.actorId, params.identifier, for: call)
            .made(by: intake, at: call.now, in: transaction)
        try restrictions.place(params.kind, on: actor.number, .controller, at: call.now, in: transaction)
        try tell(actor.number, params.kind, isStopped: true, at: call.now, in: transaction)
        guard let placed = try restrictions.find(params.kind, of: actor.number, in: transaction) else {
            throw .internalError("A restriction is not there after it was placed.")
        }
        return placed.reply
    }

    func lift(
        _ params: Restrictions.Lift.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Restrictions.Lift.Reply {
        let actor = try PersonReference(params.actorId, params.identifier, for: call).known(in: transaction)
        guard let placed = try restrictions.find(params.kind, of: actor.number, in: transaction) else {
            throw .notFound(params.kind.rawValue, "of this person")
        }
        if params.kind == .restriction, params.noticeGivenAt == nil {
            throw .invalidParams(
                at: "/params/noticeGivenAt", "is needed: the person is told before it is lifted (GDPR Art. 18(3))")
        }
        if let notice = params.noticeGivenAt, notice > call.now {
            throw .invalidParams(at: "/params/noticeGivenAt", "must not be ahead of now")
        }
        if placed.source == .legalHold, let hold = try LegalHoldStore().keeping([actor.id], in: transaction).first {
            throw .conflict(
                "The legal hold \(hold) keeps this person from being erased: the data stays restricted until it is released."
            )
        }
        try restrictions.lift(params.kind, from: actor.number, in: transaction)
        try tell(
            actor.number, params.kind, isStopped: false, request: placed.request, at: call.now, in: transaction)
        return placed.reply
    }

    private func tell(
        _ actor: Int64, _ kind: RestrictionKind, isStopped: Bool, request: UUIDv7? = nil, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try StopNews(tombstones: intake.tombstones).tell(
            kind, isStopped: isStopped, for: try actors.identifiers(of: actor, in: transaction), request: request,
            at: now, in: transaction)
    }

    func list(
        _ params: Restrictions.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Restrictions.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var actor: Int64?
        if params.actorId != nil || params.identifier != nil {
            let key = try PersonReference(params.actorId, params.identifier, for: call).find(in: transaction)
            guard let key else { return Restrictions.List.Reply(items: []) }
            actor = key.number
        }
        let found = try restrictions.list(
            after: cursor.position, actor: actor, kind: params.kind, ActorReach(of: call), limit: params.limit + 1,
            in: transaction)
        let items = found.prefix(params.limit)
        return Restrictions.List.Reply(
            items: items.map(\.reply),
            nextCursor: found.count > params.limit ? items.last.map { "\($0.position)" } : nil)
    }
}
