import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Whom a call about one person means: an id, or a value that points to them.
struct PersonReference: Sendable {
    let id: UUIDv7?
    let identifier: Identifier?
    private let actors = ActorStore()

    /// - Throws: invalidParams unless there is exactly one of the two.
    init(_ id: UUIDv7?, _ identifier: Identifier?) throws(RPCError) {
        guard (id == nil) != (identifier == nil) else {
            throw .invalidParams(at: "/params", "needs either an actorId or an identifier")
        }
        self.id = id
        self.identifier = identifier
    }

    /// The person; nil: nobody is known.
    func find(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> ActorStore.Key? {
        if let id { return try actors.find(id, in: transaction) }
        // A value that cannot be an identifier of its type points to nobody.
        guard let canonical = try? identifier?.canonical() else { return nil }
        return try actors.find(canonical, in: transaction)
    }

    /// - Throws: notFound for nobody.
    func known(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> ActorStore.Key {
        guard let key = try find(in: transaction) else { throw notFound }
        return key
    }

    /// The person, who is made known by an identifier that points to nobody yet.
    ///
    /// - Throws: suppressed for somebody who was erased, notFound for an id of nobody, invalidParams for a value that
    ///   cannot be an identifier.
    func made(
        by intake: SignalIntake, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> ActorStore.Key {
        guard let identifier else { return try known(in: transaction) }
        let canonical: Identifier
        do {
            canonical = try identifier.canonical()
        } catch {
            throw .invalidParams(at: "/params/identifier/value", error.problem)
        }
        let person = try intake.resolve([canonical], in: transaction)
        if let actor = person.actor { return actor }
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
