public import JSON
public import JSONRPC
import PlatformAPI
import SQLite
public import ServiceContract

/// What keeps a brand's data, or a person's, from retention and erasure, in the ground table `legal_holds`.
public struct LegalHoldStore: Sendable {
    public init() {}

    /// Keeps the data of `subjects`, or the whole brand's. Placed twice, the first one stays.
    func place(
        _ id: UUIDv7, on subjects: [Subject]?, reason: String, by principal: String, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let subjects else {
            if try contains(id, in: transaction) { return }
            try insert(id, nil, reason, principal, time, in: transaction)
            return
        }
        for subject in subjects { try insert(id, subject, reason, principal, time, in: transaction) }
    }

    private func insert(
        _ id: UUIDv7, _ subject: Subject?, _ reason: String, _ principal: String, _ time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO legal_holds (id, actor, number, reason, placed_by, placed_at)
            VALUES (:id, :actor, :number, :reason, :principal, :time) ON CONFLICT DO NOTHING
            """,
            [
                ":id": id, ":actor": subject?.id, ":number": subject?.number, ":reason": reason,
                ":principal": principal, ":time": time,
            ])
    }

    private func contains(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM legal_holds WHERE id = :id", [":id": id]) { _ in true } ?? false
    }

    /// - Returns: whether it was there.
    func release(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) -> Bool {
        try transaction.run("DELETE FROM legal_holds WHERE id = :id", [":id": id]) > 0
    }

    /// All holds, oldest first.
    func all(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [HoldRecord] {
        let rows = try transaction.all(
            "SELECT id, actor, reason, placed_by, placed_at FROM legal_holds ORDER BY id, actor"
        ) { row in
            HoldRecord(
                id: row.uuid(0), reason: row.text(2), placedBy: row.text(3), placedAt: row.timestamp(4),
                actors: row.uuidOrNil(1).map { [$0] } ?? [])
        }
        var holds: [HoldRecord] = []
        for row in rows {
            guard let last = holds.last, last.id == row.id else {
                holds.append(row)
                continue
            }
            holds[holds.count - 1] = HoldRecord(
                id: last.id, reason: last.reason, placedBy: last.placedBy, placedAt: last.placedAt,
                actors: last.actors + row.actors)
        }
        return holds
    }

    /// The holds that keep the data of any of these people: theirs and the whole brand's.
    public func keeping(
        _ actors: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [UUIDv7] {
        let people = Set(actors)
        return try all(in: transaction).filter { hold in
            hold.actors.isEmpty || hold.actors.contains { people.contains($0) }
        }.map(\.id)
    }
}
