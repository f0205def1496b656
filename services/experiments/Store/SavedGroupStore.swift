import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// A saved group as a row.
struct StoredGroup: Sendable {
    let number: Int64
    let key: String
    var name: String
    var description: String?
    var attribute: String?
    /// Nil: it is a list.
    var condition: JSONRaw?
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var version: Int
    /// How many values its list has.
    var count = 0
}

/// Lists and conditions that conditions name.
struct SavedGroupStore: Sendable {
    /// SQL for the key of the group that a row names.
    static let key = "(SELECT saved_groups.key FROM saved_groups WHERE saved_groups.number = saved_group)"

    /// Writes a group as it is now; its list is written with ``replace(_:of:in:)``.
    func save(_ group: StoredGroup, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO saved_groups
                (number, key, name, description, attribute, condition, created_at, updated_at, version)
            VALUES
                (:number, :key, :name, :description, :attribute, :condition, :created_at, :updated_at, :version)
            ON CONFLICT (key) DO UPDATE SET
                name = excluded.name, description = excluded.description, attribute = excluded.attribute,
                condition = excluded.condition, updated_at = excluded.updated_at, version = excluded.version
            """,
            [
                ":number": group.number, ":key": group.key, ":name": group.name, ":description": group.description,
                ":attribute": group.attribute, ":condition": group.condition?.text, ":created_at": group.createdAt,
                ":updated_at": group.updatedAt, ":version": group.version,
            ])
    }

    /// Makes these the values of a group's list.
    func replace(
        _ values: [String], of group: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run("DELETE FROM saved_group_entries WHERE saved_group = :group", [":group": group])
        for value in values {
            try transaction.run(
                """
                INSERT INTO saved_group_entries (saved_group, value) VALUES (:group, :value) ON CONFLICT DO NOTHING
                """, [":group": group, ":value": value])
        }
    }

    func delete(_ group: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM saved_groups WHERE number = :group", [":group": group])
    }

    func nextNumber(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT coalesce(max(number), 0) + 1 FROM saved_groups") { $0.int64(0) } ?? 1
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM saved_groups") { $0.int(0) } ?? 0
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredGroup? {
        try transaction.one(
            """
            SELECT number, key, name, description, attribute, condition, created_at, updated_at, version,
                (SELECT count(*) FROM saved_group_entries WHERE saved_group = number)
            FROM saved_groups WHERE key = :key
            """, [":key": key], Self.stored)
    }

    func list(
        after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredGroup] {
        try transaction.all(
            """
            SELECT number, key, name, description, attribute, condition, created_at, updated_at, version,
                (SELECT count(*) FROM saved_group_entries WHERE saved_group = number)
            FROM saved_groups WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit], Self.stored)
    }

    func values(
        of group: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            "SELECT value FROM saved_group_entries WHERE saved_group = :group ORDER BY value", [":group": group]
        ) { $0.text(0) }
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredGroup {
        StoredGroup(
            number: row.int64(0), key: row.text(1), name: row.text(2), description: row.textOrNil(3),
            attribute: row.textOrNil(4), condition: try row.rawJSON(5), createdAt: row.timestamp(6),
            updatedAt: row.timestamp(7), version: row.int(8), count: row.int(9))
    }
}
