import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `consents.*`.
struct ConsentsService: Consents.Service {
    let intake: SignalIntake
    private let consents = ConsentStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func record(
        _ params: Consents.Record.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Consents.Record.Reply {
        let person = try PersonReference(params.actorId, params.identifier, for: call)
        try params.check(at: call.now)
        let actor = try person.made(by: intake, at: call.now, in: transaction)
        try consents.record(
            ConsentEntry(
                actor: actor.number, purpose: params.purpose, legalBasis: params.legalBasis,
                specialCategories: params.specialCategories, condition: params.condition,
                noticeVersion: params.noticeVersion, proof: params.proof, statedAt: params.givenAt ?? call.now,
                expiresAt: params.expiresAt, recordedAt: call.now, recordedBy: call.principal),
            in: transaction)
        return try reply(params.purpose, actor, at: call.now, in: transaction)
    }

    func withdraw(
        _ params: Consents.Withdraw.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Consents.Withdraw.Reply {
        let actor = try PersonReference(params.actorId, params.identifier, for: call).known(in: transaction)
        let withdrawnAt = params.withdrawnAt ?? call.now
        guard withdrawnAt <= call.now else {
            throw .invalidParams(at: "/params/withdrawnAt", "must not be ahead of now")
        }
        guard let stored = try consents.current(params.purpose, of: actor.number, in: transaction) else {
            throw .notFound("consent to", "\(params.purpose) of this person")
        }
        let entry = stored.entry
        if entry.isWithdrawal { return stored.reply(at: call.now) }
        guard entry.legalBasis == .consent else {
            throw .illegalTransition(
                "This rests on \(entry.legalBasis.rawValue), and only a consent can be withdrawn; "
                    + "place an objection with restrictions.place.")
        }
        guard withdrawnAt >= entry.statedAt else {
            throw .invalidParams(
                at: "/params/withdrawnAt", "is before the consent was given, at \(entry.statedAt)")
        }
        try consents.record(
            ConsentEntry(
                actor: actor.number, purpose: params.purpose, isWithdrawal: true, legalBasis: .consent,
                proof: params.proof, statedAt: withdrawnAt, recordedAt: call.now, recordedBy: call.principal),
            in: transaction)
        return try reply(params.purpose, actor, at: call.now, in: transaction)
    }

    func list(
        _ params: Consents.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Consents.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var actor: Int64?
        if params.actorId != nil || params.identifier != nil {
            let key = try PersonReference(params.actorId, params.identifier, for: call).find(in: transaction)
            guard let key else { return Consents.List.Reply(items: []) }
            actor = key.number
        }
        let found = try consents.current(
            after: cursor.position, actor: actor, purpose: params.purpose, ActorReach(of: call),
            limit: params.limit + 1,
            in: transaction)
        let (items, next) = page(found, params.limit, at: call.now)
        return Consents.List.Reply(items: items, nextCursor: next)
    }

    func history(
        _ params: Consents.History.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Consents.History.Reply {
        let cursor = try ListCursor(params.cursor)
        let actor = try PersonReference(params.actorId, params.identifier, for: call).known(in: transaction)
        let found = try consents.history(
            of: actor.number, after: cursor.position, purpose: params.purpose, limit: params.limit + 1,
            in: transaction)
        let (items, next) = page(found, params.limit, at: call.now)
        return Consents.History.Reply(items: items, nextCursor: next)
    }

    func check(
        _ params: Consents.Check.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Consents.Check.Reply {
        guard params.actorIds.isEmpty != params.identifiers.isEmpty else {
            throw .invalidParams(at: "/params", "needs either actorIds or identifiers, at least one")
        }
        let check = try UseCheck(params.purpose, at: call.now, in: transaction)
        var items: [UseDecision] = []
        for id in params.actorIds {
            let person = try PersonReference(id, nil, for: call).find(in: transaction)
            items.append(try check.decision(on: person, in: transaction))
        }
        for identifier in params.identifiers {
            let person = try PersonReference(nil, identifier, for: call).find(in: transaction)
            items.append(try check.decision(on: person, in: transaction))
        }
        return Consents.Check.Reply(items: items)
    }

    /// What holds now, which may be something later than what was just recorded.
    private func reply(
        _ purpose: String, _ actor: ActorStore.Key, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Consent {
        guard let stored = try consents.current(purpose, of: actor.number, in: transaction) else {
            throw .internalError("A consent is not there after it was recorded.")
        }
        return stored.reply(at: now)
    }

    private func page(
        _ found: [ConsentStore.Stored], _ limit: Int, at now: Timestamp
    ) -> (items: [Consent], next: String?) {
        let items = found.prefix(limit)
        return (items.map { $0.reply(at: now) }, found.count > limit ? items.last.map { "\($0.position)" } : nil)
    }
}

extension Consents.Record.Params {
    /// What the contract cannot state.
    fileprivate func check(at now: Timestamp) throws(RPCError) {
        if legalBasis == .consent {
            if noticeVersion == nil {
                throw .invalidParams(at: "/params/noticeVersion", "is needed for a consent: which notice did they see?")
            }
            if proof == nil {
                throw .invalidParams(at: "/params/proof", "is needed for a consent: it must be shown (GDPR Art. 7(1))")
            }
        }
        if specialCategories.isEmpty != (condition == nil) {
            throw specialCategories.isEmpty
                ? .invalidParams(at: "/params/specialCategories", "must say what the condition is for")
                : .invalidParams(at: "/params/condition", "is needed for special categories (GDPR Art. 9(2))")
        }
        if condition == .explicitConsent, legalBasis != .consent {
            throw .invalidParams(at: "/params/legalBasis", "must be consent where the condition is explicitConsent")
        }
        if let givenAt, givenAt > now { throw .invalidParams(at: "/params/givenAt", "must not be ahead of now") }
        if let expiresAt, expiresAt <= givenAt ?? now {
            throw .invalidParams(at: "/params/expiresAt", "must be after it was given")
        }
    }
}
