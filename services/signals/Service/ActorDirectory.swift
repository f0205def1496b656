import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Finds the actors behind the identifiers of a privacy request, and removes what is said of them where no row is theirs.
struct ActorDirectory: SubjectDirectory {
    private let actors = ActorStore()
    private let traits = TraitStore()
    private let mentions = MentionStore()
    private let restrictions = RestrictionStore()

    /// An identifier that nobody has means the one person who has it as the trait of the same name, and of several
    /// nobody.
    func find(
        _ identifiers: [Identifier], actors ids: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject] {
        var (keys, unknown) = try known(identifiers, in: transaction)
        for id in ids {
            if let key = try actors.find(id, in: transaction), !keys.contains(key) { keys.append(key) }
        }
        // Once somebody was found they are known by id. What is still unknown then may be an identifier of theirs that was
        // erased, and somebody else's trait.
        if !ids.isEmpty { unknown = [] }
        for holders in try traits.holders(of: Array(unknown), in: transaction).values where holders.count == 1 {
            for number in holders {
                if let key = try actors.key(of: number, in: transaction), !keys.contains(key) { keys.append(key) }
            }
        }
        var subjects: [Subject] = []
        for key in keys {
            let known = try actors.identifiers(of: key.number, in: transaction)
            subjects.append(Subject(number: key.number, id: key.id, identifiers: known))
        }
        return subjects
    }

    func namesakes(
        _ identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        let (keys, unknown) = try known(identifiers, in: transaction)
        guard keys.isEmpty else { return 0 }
        let counts = try traits.holders(of: Array(unknown), in: transaction).values.map(\.count)
        return counts.min() ?? 0
    }

    /// Whom identifiers point to, and those that are nobody's.
    private func known(
        _ identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (keys: [ActorStore.Key], unknown: Set<Identifier>) {
        var keys: [ActorStore.Key] = []
        var unknown: Set<Identifier> = []
        for identifier in identifiers {
            let canonical = (try? identifier.canonical()) ?? identifier
            guard let key = try actors.find(canonical, in: transaction) else {
                unknown.insert(canonical)
                continue
            }
            if !keys.contains(key) { keys.append(key) }
        }
        return (keys, unknown)
    }

    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        try actors.identifiers(in: transaction, that: matches)
    }

    /// Somebody who is not known is made known by an objection or an opt-out, so that it holds when they come: there is
    /// nothing of theirs whose use could be restricted.
    func restrict(
        _ subjects: [Subject], unknown: [Identifier], _ restriction: SubjectRestriction,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        guard let kind = RestrictionKind(rawValue: restriction.kind.rawValue) else {
            throw .internalError("Nothing stops \(restriction.kind.rawValue) here.")
        }
        var numbers = subjects.map(\.number)
        var outcome: [TableRows] = []
        if numbers.isEmpty, !unknown.isEmpty, kind != .restriction {
            let actor = ActorStore.Key(
                number: try actors.nextNumber(in: transaction), id: transaction.newID(at: restriction.since))
            try actors.insert(actor, at: restriction.since, in: transaction)
            for identifier in unknown {
                try actors.attach(identifier, to: actor, at: restriction.since, in: transaction)
            }
            numbers = [actor.number]
            outcome = [TableRows(table: "actors", rows: 1), TableRows(table: "identifiers", rows: unknown.count)]
        }
        var placed = 0
        for number in numbers {
            let isNew = try restrictions.place(
                kind, on: number, restriction.isForHold ? .legalHold : .privacyRequest, request: restriction.request,
                at: restriction.since, in: transaction)
            if isNew { placed += 1 }
        }
        if placed > 0 { outcome.append(TableRows(table: "processing_restrictions", rows: placed)) }
        return outcome
    }

    /// What the data map does not reach: signals about nobody whose properties name the person, and the beginnings of rows
    /// that imports carry over. Those may end in the middle of an identifier, so all of them go.
    func scrub(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        let long = MentionPatterns(identifiers, minimumLength: MentionPatterns.minimumLength)
        var outcome: [TableRows] = []
        for (table, rows) in [
            ("signals", try mentions.deleteSignalsOfNobody(long, in: transaction)),
            ("imports", try mentions.dropCarries(in: transaction)),
        ] where rows > 0 {
            outcome.append(TableRows(table: table, rows: Int(rows)))
        }
        return outcome
    }
}
