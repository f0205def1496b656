import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// Actors and the identifiers that point to them.
struct ActorStore: Sendable {
    /// An actor as signals refer to it.
    struct Key: Sendable, Hashable {
        /// Within this database.
        let number: Int64
        /// Everywhere.
        let id: UUIDv7
    }

    /// The actor that an identifier points to. Run for every identifier of every signal.
    func find(
        _ identifier: Identifier, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Key? {
        let statement = try transaction.statement(
            """
            SELECT actors.number, actors.id FROM identifiers JOIN actors ON actors.number = identifiers.actor
            WHERE identifiers.type = ? AND identifiers.value = ?
            """)
        defer { statement.reset() }
        return try storing { () throws(SQLiteError) in
            try statement.bind(identifier.type, at: 1)
            try statement.bind(identifier.value, at: 2)
            guard try statement.step() else { return nil }
            let id = statement.withBytes(1) { bytes in
                UUIDv7(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
            return id.map { Key(number: statement.int64(0), id: $0) }
        }
    }

    /// The number of the actor that an identifier points to.
    func number(
        of identifier: Identifier, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        let statement = try transaction.statement("SELECT actor FROM identifiers WHERE type = ? AND value = ?")
        defer { statement.reset() }
        return try storing { () throws(SQLiteError) in
            try statement.bind(identifier.type, at: 1)
            try statement.bind(identifier.value, at: 2)
            return try statement.step() ? statement.int64(0) : nil
        }
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Key? {
        try transaction.one("SELECT number FROM actors WHERE id = :id", [":id": id]) {
            Key(number: $0.int64(0), id: id)
        }
    }

    func key(
        of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Key? {
        try transaction.one("SELECT id FROM actors WHERE number = :number", [":number": number]) {
            Key(number: number, id: $0.uuid(0))
        }
    }

    /// Whether somebody who is here is reached.
    func isReached(
        _ number: Int64, _ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        if reach.isEverybody { return true }
        var isReached = false
        try transaction.each(
            sql: "SELECT 1 FROM actors WHERE \(Self.condition(reach)) AND number = ?",
            Arguments(reach.arguments + [number])
        ) { _ in
            isReached = true
            return false
        }
        return isReached
    }

    /// The number that the next actor gets.
    func nextNumber(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        let statement = try transaction.statement("SELECT max(number) FROM actors")
        defer { statement.reset() }
        return try storing { () throws(SQLiteError) in try statement.step() ? statement.int64(0) + 1 : 1 }
    }

    func insert(_ actor: Key, at time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        let statement = try transaction.statement(
            "INSERT INTO actors (number, id, kind, created_at) VALUES (?, ?, 'individual', ?)")
        try storing { () throws(SQLiteError) in
            try statement.bind(actor.number, at: 1)
            try actor.id.withBytes { bytes throws(SQLiteError) in try statement.bind(bytes: bytes, at: 2) }
            try statement.bind(time.microseconds, at: 3)
            try statement.run()
        }
    }

    /// Makes an identifier that points to nobody point to `actor`.
    func attach(
        _ identifier: Identifier, to actor: Key, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let statement = try transaction.statement(
            "INSERT INTO identifiers (type, value, actor, first_seen_at) VALUES (?, ?, ?, ?)")
        try storing { () throws(SQLiteError) in
            try statement.bind(identifier.type, at: 1)
            try statement.bind(identifier.value, at: 2)
            try statement.bind(actor.number, at: 3)
            try statement.bind(time.microseconds, at: 4)
            try statement.run()
        }
    }

    func identifiers(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Identifier] {
        try transaction.all(
            "SELECT type, value FROM identifiers WHERE actor = :actor ORDER BY type, value", [":actor": actor]
        ) { Identifier(type: $0.text(0), value: $0.text(1)) }
    }

    /// Reads every identifier there is: for a restore.
    func identifiers(
        in transaction: borrowing some Transaction & ~Copyable, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        let statement = try transaction.statement("SELECT type, value FROM identifiers")
        defer { statement.reset() }
        var found: [Identifier] = []
        do {
            while try statement.step() {
                let identifier = Identifier(type: statement.text(0), value: statement.text(1))
                if matches(identifier) { found.append(identifier) }
            }
        } catch {
            throw RPCError(error)
        }
        return found
    }

    func identifierCount(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM identifiers WHERE actor = :actor", [":actor": actor]) {
            $0.int(0)
        } ?? 0
    }

    // MARK: Profiles

    /// An actor without its identifiers and traits.
    struct Outline: Sendable {
        let key: Key
        let kind: ActorProfile.Kind
        let firstSeenAt: Timestamp?
        let lastSeenAt: Timestamp?
        let signals: Int
    }

    func outline(
        of number: Int64, _ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Outline? {
        var outline: Outline?
        try transaction.each(
            sql: """
                SELECT number, id, kind,
                    (SELECT min(occurred_at) FROM signals WHERE actor = actors.number),
                    (SELECT max(occurred_at) FROM signals WHERE actor = actors.number),
                    (SELECT count(*) FROM signals WHERE actor = actors.number)
                FROM actors WHERE \(Self.condition(reach)) AND number = ?
                """, Arguments(reach.arguments + [number])
        ) { row throws(RPCError) in
            guard let kind = ActorProfile.Kind(rawValue: row.text(2)) else {
                throw .internalError("An actor is of the unknown kind '\(row.text(2))'.")
            }
            outline = Outline(
                key: Key(number: row.int64(0), id: row.uuid(1)), kind: kind, firstSeenAt: row.timestampOrNil(3),
                lastSeenAt: row.timestampOrNil(4), signals: row.int(5))
            return false
        }
        return outline
    }

    /// The numbers of actors behind `number`, oldest first.
    func numbers(
        after number: Int64, limit: Int, _ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        var numbers: [Int64] = []
        try transaction.each(
            sql: "SELECT number FROM actors WHERE \(Self.condition(reach)) AND number > ? ORDER BY number LIMIT ?",
            Arguments(reach.arguments + [number, limit])
        ) { row in
            numbers.append(row.int64(0))
            return true
        }
        return numbers
    }

    func count(_ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        var count = 0
        // Without a condition at all SQLite counts without looking at the rows.
        let condition = reach.condition(on: "actors.number").map { " WHERE \($0)" } ?? ""
        try transaction.each(
            sql: "SELECT count(*) FROM actors\(condition)", Arguments(reach.arguments)
        ) { row in
            count = row.int(0)
            return false
        }
        return count
    }

    private static func condition(_ reach: ActorReach) -> String { reach.condition(on: "actors.number") ?? "TRUE" }
}
