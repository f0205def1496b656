import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// Stops on the use of people's data.
struct RestrictionStore: Sendable {
    /// One stop on one person's data.
    struct Stored: Sendable {
        let position: Int64
        let actorID: UUIDv7
        let kind: RestrictionKind
        let source: PlacedRestriction.Source
        let request: UUIDv7?
        let since: Timestamp

        /// As callers see it.
        var reply: PlacedRestriction {
            PlacedRestriction(actorId: actorID, kind: kind, source: source, requestId: request, since: since)
        }
    }

    /// Places a stop; one that is there already stays as it is, but that it takes the place of an erasure now.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    func place(
        _ kind: RestrictionKind, on actor: Int64, _ source: PlacedRestriction.Source, request: UUIDv7? = nil,
        at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            """
            INSERT INTO processing_restrictions (actor, kind, source, request, since)
            VALUES (:actor, :kind, :source, :request, :time)
            ON CONFLICT (actor, kind) DO UPDATE SET source = excluded.source, request = excluded.request
            WHERE excluded.source = 'legalHold' AND processing_restrictions.source <> 'legalHold'
            """,
            [
                ":actor": actor, ":kind": kind.rawValue, ":source": source.rawValue, ":request": request,
                ":time": time,
            ]) > 0
    }

    func lift(
        _ kind: RestrictionKind, from actor: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM processing_restrictions WHERE actor = :actor AND kind = :kind",
            [":actor": actor, ":kind": kind.rawValue])
    }

    func find(
        _ kind: RestrictionKind, of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Stored? {
        try all(of: actor, in: transaction).first { $0.kind == kind }
    }

    /// The stops on one person's data.
    func all(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            """
            SELECT processing_restrictions.number, actors.id, processing_restrictions.kind, source, request, since
            FROM processing_restrictions JOIN actors ON actors.number = processing_restrictions.actor
            WHERE actor = :actor
            """, [":actor": actor], Self.stored)
    }

    /// Whether a person's data may be kept and not used.
    func isRestricted(
        _ actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM processing_restrictions WHERE actor = :actor AND kind = 'restriction'", [":actor": actor]
        ) { _ in true } ?? false
    }

    func list(
        after number: Int64, actor: Int64?, kind: RestrictionKind?, _ reach: ActorReach, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        var found: [Stored] = []
        try transaction.each(
            sql: """
                SELECT processing_restrictions.number, actors.id, processing_restrictions.kind, source, request, since
                FROM processing_restrictions JOIN actors ON actors.number = processing_restrictions.actor
                WHERE \(reach.condition(on: "processing_restrictions.actor") ?? "TRUE")
                    AND processing_restrictions.number > ?
                    AND processing_restrictions.actor = ifnull(?, processing_restrictions.actor)
                    AND processing_restrictions.kind = ifnull(?, processing_restrictions.kind)
                ORDER BY processing_restrictions.number LIMIT ?
                """, Arguments(reach.arguments + [number, actor, kind?.rawValue, limit])
        ) { row throws(RPCError) in
            found.append(try Self.stored(row))
            return true
        }
        return found
    }

    private static func stored(_ row: Statement) throws(RPCError) -> Stored {
        guard let kind = RestrictionKind(rawValue: row.text(2)),
            let source = PlacedRestriction.Source(rawValue: row.text(3))
        else { throw .internalError("A restriction is of an unknown kind or source.") }
        return Stored(
            position: row.int64(0), actorID: row.uuid(1), kind: kind, source: source, request: row.uuidOrNil(4),
            since: row.timestamp(5))
    }
}
