import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// One field of an actor as somebody states it. A removal has no value.
struct StatedTrait: Sendable, Equatable {
    let name: String
    let value: JSONRaw?
}

/// What is stated about actors: of each trait the latest statement.
struct TraitStore: Sendable {
    /// Keeps a statement unless one that is later by its own time is known; of two at the same time the one with the
    /// greater message id stays. So the order of arrival makes no difference.
    func state(
        _ trait: StatedTrait, of actor: Int64, at time: Timestamp, by message: String,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO traits (actor, name, value, stated_at, message_id)
            VALUES (:actor, :name, :value, :time, :message)
            ON CONFLICT (actor, name) DO UPDATE SET
                value = excluded.value, stated_at = excluded.stated_at, message_id = excluded.message_id
            WHERE (excluded.stated_at, excluded.message_id) > (traits.stated_at, traits.message_id)
            """,
            [
                ":actor": actor, ":name": trait.name, ":value": trait.value?.description, ":time": time,
                ":message": message,
            ])
    }

    /// The traits an actor has, ordered by name, as one JSON object.
    func object(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> JSONRaw {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        let traits = try transaction.all(
            "SELECT name, value FROM traits WHERE actor = :actor AND value IS NOT NULL ORDER BY name", [":actor": actor]
        ) { ($0.text(0), Array($0.text(1).utf8)) }
        for (name, value) in traits {
            writer.key(name)
            value.withUnsafeBytes { writer.rawBytes($0) }
        }
        writer.endObject()
        do {
            return try JSONRaw(validating: writer.bytes())
        } catch {
            throw .internalError("A stored trait is no JSON: \(error).")
        }
    }

    /// How many traits are known of an actor, removed ones included, and the bytes they take.
    func size(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (names: Int, bytes: Int) {
        try transaction.one(
            """
            SELECT count(*), coalesce(sum(length(CAST(name || coalesce(value, '') AS BLOB))), 0) FROM traits
            WHERE actor = :actor
            """, [":actor": actor]
        ) { ($0.int(0), $0.int(1)) } ?? (0, 0)
    }

    // MARK: Whom a trait means

    /// Who has these identifiers as traits. Reads every trait of the brand: for privacy requests.
    func holders(
        of identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Identifier: Set<Int64>] {
        if identifiers.isEmpty { return [:] }
        var wanted = StatedIdentifiers(identifiers)
        var holders: [Identifier: Set<Int64>] = [:]
        try transaction.each(sql: "SELECT actor, name, value FROM traits WHERE value IS NOT NULL", [:]) { row in
            for identifier in wanted.stated(by: row.text(1), row.bytes(2)) {
                holders[identifier, default: []].insert(row.int64(0))
            }
            return true
        }
        return holders
    }

    /// The one person who has an e-mail address or a telephone number as the trait of that name, written as it is given or
    /// as it is kept; nil for nobody, and for several.
    func holder(
        ofContact identifier: Identifier, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        guard let canonical = try? identifier.canonical() else { return nil }
        let holders = try transaction.all(
            """
            SELECT DISTINCT actor FROM traits
            WHERE name IN ('email', 'phone') AND name = :type AND lower(value) IN (lower(:given), lower(:kept)) LIMIT 2
            """,
            [
                ":type": identifier.type, ":given": JSONRaw(identifier.value).description,
                ":kept": JSONRaw(canonical.value).description,
            ]
        ) { $0.int64(0) }
        return holders.count == 1 ? holders[0] : nil
    }
}
