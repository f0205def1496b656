import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// What was put right about actors.
struct CorrectionStore: Sendable {
    /// Whether a request has put this right already, before a crash.
    func contains(
        _ subject: Correction.Of, _ name: String, of actor: Int64, request: UUIDv7,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.one(
            """
            SELECT 1 FROM corrections
            WHERE actor = :actor AND request = :request AND subject = :subject AND name = :name
            """, [":actor": actor, ":request": request, ":subject": subject.rawValue, ":name": name]
        ) { _ in true } ?? false
    }

    /// The actors of which a request has put something right already.
    func actors(of request: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) -> [UUIDv7] {
        try transaction.all(
            """
            SELECT DISTINCT actors.id FROM corrections JOIN actors ON actors.number = corrections.actor
            WHERE corrections.request = :request ORDER BY actors.id
            """, [":request": request]
        ) { $0.uuid(0) }
    }

    /// - Parameter was: what a trait's value was before.
    func insert(
        _ subject: Correction.Of, _ name: String, was: String?, of actor: Int64, request: UUIDv7, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO corrections (actor, request, subject, name, was, corrected_at)
            VALUES (:actor, :request, :subject, :name, :was, :time) ON CONFLICT DO NOTHING
            """,
            [
                ":actor": actor, ":request": request, ":subject": subject.rawValue, ":name": name, ":was": was,
                ":time": time,
            ])
    }

    // MARK: What may be wrong

    /// A trait's value and when it was stated; nil when nothing was ever stated.
    func trait(
        _ name: String, of actor: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (value: String?, statedAt: Timestamp)? {
        try transaction.one(
            "SELECT value, stated_at FROM traits WHERE actor = :actor AND name = :name",
            [":actor": actor, ":name": name]
        ) { ($0.textOrNil(0), $0.timestamp(1)) }
    }

    /// Puts another value in the place of an identifier, or takes it away when the actor has the other value as well.
    func replace(
        _ wrong: Identifier, by right: Identifier, of actor: Int64, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM identifiers WHERE type = :type AND value = :value",
            [":type": wrong.type, ":value": wrong.value])
        try transaction.run(
            """
            INSERT INTO identifiers (type, value, actor, first_seen_at) VALUES (:type, :value, :actor, :time)
            ON CONFLICT DO NOTHING
            """, [":type": right.type, ":value": right.value, ":actor": actor, ":time": time])
    }
}
