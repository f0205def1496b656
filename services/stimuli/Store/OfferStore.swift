import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import StimuliAPI

/// What is promised to people.
struct OfferStore: Sendable {
    func insert(_ offer: Offer, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO offers (id, key, name, description, kind, terms, code, created_at, updated_at, version)
            VALUES (:id, :key, :name, :description, :kind, :terms, :code, :time, :time, :version)
            """,
            [
                ":id": offer.id, ":key": offer.key, ":name": offer.name, ":description": offer.description,
                ":kind": offer.terms.kind, ":terms": offer.terms.jsonText, ":code": offer.code,
                ":time": offer.createdAt, ":version": offer.version,
            ])
    }

    /// Writes all that may change of an offer.
    func update(_ offer: Offer, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE offers SET name = :name, description = :description, is_archived = :is_archived, updated_at = :time,
                version = :version
            WHERE id = :id
            """,
            [
                ":id": offer.id, ":name": offer.name, ":description": offer.description,
                ":is_archived": offer.isArchived, ":time": offer.updatedAt, ":version": offer.version,
            ])
    }

    func countInUse(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM offers WHERE NOT is_archived") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Offer>? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, terms, code, is_archived, created_at, updated_at, version
            FROM offers WHERE id = :id
            """, [":id": id], Self.offer)
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Offer>? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, terms, code, is_archived, created_at, updated_at, version
            FROM offers WHERE key = :key
            """, [":key": key], Self.offer)
    }

    func list(
        after number: Int64, isArchived: Bool, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<Offer>] {
        try transaction.all(
            """
            SELECT number, id, key, name, description, terms, code, is_archived, created_at, updated_at, version
            FROM offers WHERE number > :number AND is_archived = :archived ORDER BY number LIMIT :limit
            """, [":number": number, ":archived": isArchived, ":limit": limit], Self.offer)
    }

    private static func offer(_ row: Statement) throws(RPCError) -> Numbered<Offer> {
        Numbered(
            number: row.int64(0),
            value: Offer(
                id: row.uuid(1), key: row.text(2), name: row.text(3), description: row.textOrNil(4),
                terms: try row.json(5), code: row.textOrNil(6), isArchived: row.bool(7), createdAt: row.timestamp(8),
                updatedAt: row.timestamp(9), version: row.int(10)))
    }
}

extension OfferTerms {
    /// What the contract calls this kind of offer.
    var kind: String {
        switch self {
        case .percentOff: "percentOff"
        case .amountOff: "amountOff"
        case .freeShipping: "freeShipping"
        case .gift: "gift"
        case .loyaltyPoints: "loyaltyPoints"
        case .trial: "trial"
        case .content: "content"
        }
    }
}
