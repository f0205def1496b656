import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// Versions of prompts.
struct PromptVersionStore: Sendable {
    func insert(
        _ prompt: PromptVersion, hash: SHA256.Digest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO prompt_versions
                (id, name, version, template, model_provider, model_name, params, hash, created_at)
            VALUES (:id, :name, :version, :template, :model_provider, :model_name, :params, :hash, :created_at)
            """,
            [
                ":id": prompt.id, ":name": prompt.name, ":version": prompt.version, ":template": prompt.template,
                ":model_provider": prompt.modelProvider, ":model_name": prompt.modelName,
                ":params": prompt.params.text, ":hash": hash.bytes, ":created_at": prompt.createdAt,
            ])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM prompt_versions") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PromptVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, template, model_provider, model_name, params, hash, created_at
            FROM prompt_versions WHERE id = :id
            """, [":id": id], Self.prompt)
    }

    /// - Parameter version: nil: the newest.
    func find(
        name: String, version: Int?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PromptVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, template, model_provider, model_name, params, hash, created_at
            FROM prompt_versions WHERE name = :name AND (:version IS NULL OR version = :version)
            ORDER BY version DESC LIMIT 1
            """, [":name": name, ":version": version], Self.prompt)
    }

    /// The version of a prompt that has this content.
    func find(
        name: String, hash: SHA256.Digest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PromptVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, template, model_provider, model_name, params, hash, created_at
            FROM prompt_versions WHERE name = :name AND hash = :hash
            """, [":name": name, ":hash": hash.bytes], Self.prompt)
    }

    /// Versions behind one, in the order in which they were created.
    ///
    /// - Parameter name: only this prompt's; nil: of all prompts.
    func list(
        name: String?, after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<PromptVersion>] {
        try transaction.all(
            """
            SELECT number, id, name, version, template, model_provider, model_name, params, hash, created_at
            FROM prompt_versions WHERE number > :number AND (:name IS NULL OR name = :name)
            ORDER BY number LIMIT :limit
            """, [":name": name, ":number": number, ":limit": limit], Self.prompt)
    }

    private static func prompt(_ row: Statement) throws(RPCError) -> Numbered<PromptVersion> {
        Numbered(
            number: row.int64(0),
            value: PromptVersion(
                id: row.uuid(1), name: row.text(2), version: row.int(3), template: row.text(4),
                modelProvider: row.textOrNil(5), modelName: row.textOrNil(6), params: try row.rawJSON(7) ?? .null,
                hash: Hexadecimal.encode(row.bytes(8)), createdAt: row.timestamp(9)))
    }
}
