import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// Outside parties to whom people's data is given.
struct RecipientStore: Sendable {
    /// One with its place in the list.
    struct Stored: Sendable {
        let number: Int64
        let recipient: Recipient
    }

    func insert(_ recipient: Recipient, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO recipients (id, name, kind, address, contact, notice_url, created_at, version)
            VALUES (:id, :name, :kind, :address, :contact, :url, :created, :version)
            """,
            [
                ":id": recipient.id, ":name": recipient.name, ":kind": recipient.kind.rawValue,
                ":address": recipient.address, ":contact": recipient.contact, ":url": recipient.noticeUrl,
                ":created": recipient.createdAt, ":version": recipient.version,
            ])
    }

    /// Changes one that is at the version before.
    func update(_ recipient: Recipient, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE recipients SET name = :name, kind = :kind, address = :address, contact = :contact,
                notice_url = :url, version = :version
            WHERE id = :id
            """,
            [
                ":id": recipient.id, ":name": recipient.name, ":kind": recipient.kind.rawValue,
                ":address": recipient.address, ":contact": recipient.contact, ":url": recipient.noticeUrl,
                ":version": recipient.version,
            ])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Stored? {
        try transaction.one(
            """
            SELECT number, id, name, kind, address, contact, notice_url, created_at, version FROM recipients
            WHERE id = :id
            """, [":id": id], Self.stored)
    }

    /// Whose name it is.
    func find(
        named name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        try transaction.one("SELECT id FROM recipients WHERE name = :name", [":name": name]) { $0.uuid(0) }
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM recipients") { $0.int(0) } ?? 0
    }

    func list(
        after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            """
            SELECT number, id, name, kind, address, contact, notice_url, created_at, version FROM recipients
            WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> Stored {
        guard let kind = RecipientKind(rawValue: row.text(3)) else {
            throw .internalError("A recipient is of the unknown kind '\(row.text(3))'.")
        }
        return Stored(
            number: row.int64(0),
            recipient: Recipient(
                id: row.uuid(1), name: row.text(2), kind: kind, address: row.textOrNil(4), contact: row.textOrNil(5),
                noticeUrl: row.textOrNil(6), createdAt: row.timestamp(7), version: row.int(8)))
    }
}
