import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// Versions of policies.
struct PolicyVersionStore: Sendable {
    func insert(
        _ version: PolicyVersion, of policy: Int64, hash: SHA256.Digest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO policy_versions
                (id, policy, version, mlflow_model_name, mlflow_model_version, config_defaults, description, hash, status,
                created_at, status_changed_at)
            VALUES
                (:id, :policy, :version, :model_name, :model_version, :config_defaults, :description, :hash, :status,
                :created_at, :created_at)
            """,
            [
                ":id": version.id, ":policy": policy, ":version": version.version,
                ":model_name": version.mlflowModelName, ":model_version": version.mlflowModelVersion,
                ":config_defaults": version.configDefaults.text, ":description": version.description,
                ":hash": hash.bytes, ":status": version.status.rawValue, ":created_at": version.createdAt,
            ])
    }

    func setStatus(
        _ status: PolicyVersionStatus, of number: Int64, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE policy_versions SET status = :status, status_changed_at = :time WHERE number = :number",
            [":status": status.rawValue, ":time": time, ":number": number])
    }

    func markPromoted(
        _ number: Int64, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE policy_versions SET promoted_at = :time WHERE number = :number",
            [":time": time, ":number": number])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PolicyVersion>? {
        try transaction.one(
            """
            SELECT policy_versions.number, policy_versions.id, policies.id, policies.name, policy_versions.version,
                mlflow_model_name, mlflow_model_version, config_defaults, policy_versions.description, hash, status,
                policies.current_version IS policy_versions.version, policy_versions.created_at, status_changed_at,
                promoted_at
            FROM policy_versions JOIN policies ON policies.number = policy_versions.policy
            WHERE policy_versions.id = :id
            """, [":id": id], Self.version)
    }

    /// Versions behind one, in the order in which they were created.
    ///
    /// - Parameters:
    ///   - policy: only this one's, by its number.
    ///   - status: only those.
    ///   - model: only those with this model of MLflow.
    func list(
        of policy: Int64?, status: PolicyVersionStatus?, model: String?, after number: Int64, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<PolicyVersion>] {
        try transaction.all(
            """
            SELECT policy_versions.number, policy_versions.id, policies.id, policies.name, policy_versions.version,
                mlflow_model_name, mlflow_model_version, config_defaults, policy_versions.description, hash, status,
                policies.current_version IS policy_versions.version, policy_versions.created_at, status_changed_at,
                promoted_at
            FROM policy_versions JOIN policies ON policies.number = policy_versions.policy
            WHERE policy_versions.number > :number
                AND (:policy IS NULL OR policy_versions.policy = :policy)
                AND (:status IS NULL OR status = :status)
                AND (:model IS NULL OR mlflow_model_name = :model)
            ORDER BY policy_versions.number LIMIT :limit
            """,
            [":policy": policy, ":status": status?.rawValue, ":model": model, ":number": number, ":limit": limit],
            Self.version)
    }

    private static func version(_ row: Statement) throws(RPCError) -> Numbered<PolicyVersion> {
        guard let status = PolicyVersionStatus(rawValue: row.text(10)) else {
            throw .internalError("A version of a policy has the unknown status '\(row.text(10))'.")
        }
        return Numbered(
            number: row.int64(0),
            value: PolicyVersion(
                id: row.uuid(1), policyId: row.uuid(2), policy: row.text(3), version: row.int(4),
                mlflowModelName: row.textOrNil(5), mlflowModelVersion: row.textOrNil(6),
                configDefaults: try row.rawJSON(7) ?? .null, description: row.textOrNil(8),
                hash: Hexadecimal.encode(row.bytes(9)), status: status, isCurrent: row.bool(11),
                createdAt: row.timestamp(12), statusChangedAt: row.timestamp(13), promotedAt: row.timestampOrNil(14)))
    }
}
