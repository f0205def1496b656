import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit
import StimuliAPI

/// Versions of the sources of messages.
struct TemplateStore: Sendable {
    func insert(
        _ template: Template, hash: SHA256.Digest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO templates (id, key, version, channel, subject, body, content_type, fields, hash, created_at)
            VALUES (:id, :key, :version, :channel, :subject, :body, :content_type, :fields, :hash, :created_at)
            """,
            [
                ":id": template.id, ":key": template.key, ":version": template.version,
                ":channel": template.channel.rawValue, ":subject": template.subject, ":body": template.body,
                ":content_type": template.contentType.rawValue, ":fields": template.fields.jsonText,
                ":hash": hash.bytes, ":created_at": template.createdAt,
            ])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM templates") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Template>? {
        try transaction.one(
            """
            SELECT number, id, key, version, channel, subject, body, content_type, fields, hash, created_at
            FROM templates WHERE id = :id
            """, [":id": id], Self.template)
    }

    /// - Parameter version: nil: the newest.
    func find(
        key: String, version: Int?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Template>? {
        try transaction.one(
            """
            SELECT number, id, key, version, channel, subject, body, content_type, fields, hash, created_at
            FROM templates WHERE key = :key AND (:version IS NULL OR version = :version) ORDER BY version DESC LIMIT 1
            """, [":key": key, ":version": version], Self.template)
    }

    /// The version of a template that has this content.
    func find(
        key: String, hash: SHA256.Digest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Template>? {
        try transaction.one(
            """
            SELECT number, id, key, version, channel, subject, body, content_type, fields, hash, created_at
            FROM templates WHERE key = :key AND hash = :hash
            """, [":key": key, ":hash": hash.bytes], Self.template)
    }

    /// Versions behind one, in the order in which they were created.
    ///
    /// - Parameter key: only this template's; nil: of all templates.
    func list(
        key: String?, after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<Template>] {
        try transaction.all(
            """
            SELECT number, id, key, version, channel, subject, body, content_type, fields, hash, created_at
            FROM templates WHERE number > :number AND (:key IS NULL OR key = :key) ORDER BY number LIMIT :limit
            """, [":key": key, ":number": number, ":limit": limit], Self.template)
    }

    private static func template(_ row: Statement) throws(RPCError) -> Numbered<Template> {
        guard let channel = Channel(rawValue: row.text(4)), let contentType = ContentType(rawValue: row.text(7)) else {
            throw .internalError("A template has a channel or a content type that is none.")
        }
        return Numbered(
            number: row.int64(0),
            value: Template(
                id: row.uuid(1), key: row.text(2), version: row.int(3), channel: channel, subject: row.textOrNil(5),
                body: row.text(6), contentType: contentType, fields: try row.json(8),
                hash: Hexadecimal.encode(row.bytes(9)), createdAt: row.timestamp(10)))
    }
}
