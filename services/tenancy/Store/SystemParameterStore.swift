import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Settings of the whole installation, as rows.
struct SystemParameterStore {
    func find(
        _ name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> SystemParameter? {
        try transaction.one(
            "SELECT name, value, updated_at, version FROM system_parameters WHERE name = :name", [":name": name],
            Self.parameter)
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM system_parameters") { $0.int(0) } ?? 0
    }

    /// Parameters whose names come after `cursor`.
    func list(
        after cursor: String?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SystemParameter] {
        try transaction.all(
            """
            SELECT name, value, updated_at, version FROM system_parameters
            WHERE name > coalesce(:cursor, '') ORDER BY name LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.parameter)
    }

    /// Inserts a parameter, or replaces it.
    func set(_ parameter: SystemParameter, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO system_parameters (name, value, updated_at, version) VALUES (:name, :value, :time, :version)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
                version = excluded.version
            """,
            [
                ":name": parameter.name, ":value": parameter.value.description, ":time": parameter.updatedAt,
                ":version": parameter.version,
            ])
    }

    private static func parameter(_ row: Statement) throws(RPCError) -> SystemParameter {
        guard let value = try? JSONRaw(validating: row.text(1)) else {
            throw .internalError("The value of the parameter \(row.text(0)) is no JSON.")
        }
        return SystemParameter(name: row.text(0), value: value, updatedAt: row.timestamp(2), version: row.int(3))
    }
}
