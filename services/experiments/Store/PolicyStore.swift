import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Decision-makers of which there are versions.
struct PolicyStore: Sendable {
    func insert(_ policy: Policy, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO policies (id, name, description, requires_replay, created_at, updated_at, version)
            VALUES (:id, :name, :description, :requires_replay, :created_at, :updated_at, :version)
            """,
            [
                ":id": policy.id, ":name": policy.name, ":description": policy.description,
                ":requires_replay": policy.requiresReplay, ":created_at": policy.createdAt,
                ":updated_at": policy.updatedAt, ":version": policy.version,
            ])
    }

    /// Writes all that may change of a policy.
    func update(_ policy: Policy, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE policies SET
                description = :description, requires_replay = :requires_replay, current_version = :current_version,
                updated_at = :updated_at, version = :version
            WHERE id = :id
            """,
            [
                ":id": policy.id, ":description": policy.description, ":requires_replay": policy.requiresReplay,
                ":current_version": policy.currentVersion, ":updated_at": policy.updatedAt,
                ":version": policy.version,
            ])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM policies") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Policy>? {
        try transaction.one(
            """
            SELECT number, id, name, description, requires_replay, current_version,
                (SELECT max(version) FROM policy_versions WHERE policy = policies.number), created_at, updated_at,
                version
            FROM policies WHERE id = :id
            """, [":id": id], Self.policy)
    }

    func find(
        name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Policy>? {
        try transaction.one(
            """
            SELECT number, id, name, description, requires_replay, current_version,
                (SELECT max(version) FROM policy_versions WHERE policy = policies.number), created_at, updated_at,
                version
            FROM policies WHERE name = :name
            """, [":name": name], Self.policy)
    }

    /// Policies behind one, in the order in which they were created.
    func list(
        after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<Policy>] {
        try transaction.all(
            """
            SELECT number, id, name, description, requires_replay, current_version,
                (SELECT max(version) FROM policy_versions WHERE policy = policies.number), created_at, updated_at,
                version
            FROM policies WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit], Self.policy)
    }

    private static func policy(_ row: Statement) throws(RPCError) -> Numbered<Policy> {
        Numbered(
            number: row.int64(0),
            value: Policy(
                id: row.uuid(1), name: row.text(2), description: row.textOrNil(3), requiresReplay: row.bool(4),
                currentVersion: row.int64OrNil(5).map { Int($0) },
                latestVersion: row.int64OrNil(6).map { Int($0) }, createdAt: row.timestamp(7),
                updatedAt: row.timestamp(8), version: row.int(9)))
    }
}
