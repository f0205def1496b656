import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Whom a call about one person means: an id, or a value that points to them. Whoever its caller does not reach is not
/// there.
struct PersonReference: Sendable {
    let id: UUIDv7?
    let identifier: Identifier?
    private let reach: ActorReach
    private let actors = ActorStore()

    /// - Throws: invalidParams unless there is exactly one of the two.
    init(_ id: UUIDv7?, _ identifier: Identifier?, for call: CallContext) throws(RPCError) {
        guard (id == nil) != (identifier == nil) else {
            throw .invalidParams(at: "/params", "needs either an actorId or an identifier")
        }
        self.id = id
        self.identifier = identifier
        reach = ActorReach(of: call)
    }

    /// The person; nil: nobody is known.
    func find(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> ActorStore.Key? {
        let key: ActorStore.Key?
        if let id {
            key = try actors.find(id, in: transaction)
        } else if let canonical = try? identifier?.canonical() {
            key = try actors.find(canonical, in: transaction)
        } else {
            // A value that cannot be an identifier of its type points to nobody.
            key = nil
        }
        guard let key, try actors.isReached(key.number, reach, in: transaction) else { return nil }
        return key
    }

    /// - Throws: notFound for nobody.
    func known(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> ActorStore.Key {
        guard let key = try find(in: transaction) else { throw notFound }
        return key
    }

    /// The person, who is made known by an identifier that points to nobody yet. One that a single person has as a trait
    /// becomes theirs. Who reaches only some people makes
    /// nobody known: they would not reach them.
    ///
    /// - Throws: suppressed for somebody who was erased, notFound for nobody who may be made known, invalidParams for a value that
    ///   cannot be an identifier.
    func made(
        by intake: SignalIntake, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> ActorStore.Key {
        guard reach.isEverybody, let identifier else { return try known(in: transaction) }
        let canonical: Identifier
        do {
            canonical = try identifier.canonical()
        } catch {
            throw .invalidParams(at: "/params/identifier/value", error.problem)
        }
        let person = try intake.resolve([canonical], in: transaction)
        if let actor = person.actor { return actor }
        if let number = try TraitStore().holder(ofContact: identifier, in: transaction),
            let actor = try actors.key(of: number, in: transaction)
        {
            try intake.learn([canonical], of: actor, at: now, in: transaction)
            return actor
        }
        let actor = ActorStore.Key(
            number: try actors.nextNumber(in: transaction), id: transaction.newID(at: now))
        try actors.insert(actor, at: now, in: transaction)
        try actors.attach(canonical, to: actor, at: now, in: transaction)
        return actor
    }

    private var notFound: RPCError {
        if let id { return .notFound("actor", id) }
        return .notFound("actor", "with this \(identifier?.type ?? "identifier")")
    }
}
