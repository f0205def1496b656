public import JSON
public import JSONRPC
import PlatformAPI
import SQLite
public import ServiceContract

extension WriteTransaction {
    /// Puts a message for `recipient` into the outbox: it leaves when this transaction is on disk.
    ///
    /// - Parameters:
    ///   - recipient: a service's name.
    ///   - body: one JSON object, at most 64 KiB. Ids and field names only: an outbox may outlive an erasure.
    public func tell(
        _ recipient: String, _ topic: String, _ body: some JSONWritable, at time: Timestamp
    ) throws(RPCError) {
        try run(
            "INSERT INTO outbox (recipient, topic, body, created_at) VALUES (:recipient, :topic, :body, :time)",
            [
                ":recipient": recipient, ":topic": topic, ":body": String(decoding: body.json(), as: UTF8.self),
                ":time": time,
            ])
        effects.lastToldSequence = connection.lastInsertRowID
    }
}

extension WriteTransaction {
    /// Makes room for a message that says all that the one before it said: once `limit` messages of a topic wait for
    /// `recipient`, the last of them is taken back. It may be on its way already, and be applied all the same.
    ///
    /// - Parameter limit: at least 2.
    /// - Returns: the body of the one that is the last then; nil when there was room.
    public func makeRoom(
        for recipient: String, _ topic: String, limit: Int
    ) throws(RPCError) -> [UInt8]? {
        let names: Arguments = [":recipient": recipient, ":topic": topic]
        let waiting = try one(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM outbox WHERE recipient = :recipient AND topic = :topic LIMIT :limit)
            """, [":recipient": recipient, ":topic": topic, ":limit": limit]
        ) { $0.int(0) }
        guard waiting == limit else { return nil }
        try run(
            """
            DELETE FROM outbox WHERE sequence = (
                SELECT max(sequence) FROM outbox WHERE recipient = :recipient AND topic = :topic)
            """, names)
        return try one(
            """
            SELECT body FROM outbox WHERE recipient = :recipient AND topic = :topic ORDER BY sequence DESC LIMIT 1
            """, names
        ) { Array($0.text(0).utf8) }
    }
}

/// The outbox of one database: what the service tells others, sent at least once, in order, applied exactly once.
enum Outbox {
    /// Messages sent at once.
    static let batch = 200
    /// Bytes of their bodies together; they travel in one line, which has a limit too.
    static let batchBytes = 512 << 10

    static func incarnation(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> String {
        try transaction.one("SELECT incarnation FROM ground") { $0.text(0) } ?? ""
    }

    /// Up to where everything that was ever put in has arrived.
    static func arrived(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        let first = try transaction.one("SELECT min(sequence) FROM outbox") { $0.int64OrNil(0) }
        if case .some(.some(let first)) = first { return first - 1 }
        return try lastSequence(in: transaction)
    }

    /// The last message ever put in.
    static func lastSequence(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") { $0.int64(0) } ?? 0
    }

    /// Who is to be told something.
    static func recipients(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [String] {
        try transaction.all("SELECT DISTINCT recipient FROM outbox") { $0.text(0) }
    }

    /// The first messages that wait for `recipient`.
    static func waiting(
        for recipient: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Message] {
        var bytes = 0
        return try transaction.all(
            """
            SELECT sequence, topic, body FROM outbox WHERE recipient = :recipient ORDER BY sequence LIMIT :count
            """, [":recipient": recipient, ":count": batch]
        ) { row throws(RPCError) in
            guard let body = try? JSONRaw(validating: Array(row.text(2).utf8)) else {
                throw .internalError("An outbox message is no JSON.")
            }
            return Message(sequence: Int(row.int64(0)), topic: row.text(1), body: body)
        }.prefix { message in
            // The first goes in any case; it is below its own limit.
            defer { bytes += message.body.bytes.count }
            return bytes == 0 || bytes + message.body.bytes.count <= batchBytes
        }.map(\.self)
    }

    /// Forgets what has arrived.
    static func remove(
        upTo sequence: Int64, for recipient: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "DELETE FROM outbox WHERE recipient = :recipient AND sequence <= :sequence",
            [":recipient": recipient, ":sequence": sequence])
    }
}

/// How far the messages of each sender were applied here.
enum Inbox {
    static func highWaterMark(
        of sender: String, _ incarnation: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        try transaction.one(
            "SELECT high_water_mark FROM inbox_marks WHERE sender = :sender AND incarnation = :incarnation",
            [":sender": sender, ":incarnation": incarnation]
        ) { $0.int64(0) } ?? 0
    }

    static func raise(
        to mark: Int64, of sender: String, _ incarnation: String, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO inbox_marks (sender, incarnation, high_water_mark) VALUES (:sender, :incarnation, :mark)
            ON CONFLICT DO UPDATE SET high_water_mark = excluded.high_water_mark
            """, [":sender": sender, ":incarnation": incarnation, ":mark": mark])
    }

    /// Keeps a message that could not be understood, so that those behind it go on.
    static func setAside(
        _ message: Message, _ problem: String, of sender: String, _ incarnation: String, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO dead_letters (sender, incarnation, sequence, topic, body, problem, received_at)
            VALUES (:sender, :incarnation, :sequence, :topic, :body, :problem, :time)
            """,
            [
                ":sender": sender, ":incarnation": incarnation, ":sequence": message.sequence, ":topic": message.topic,
                ":body": String(decoding: message.body.bytes, as: UTF8.self), ":problem": problem, ":time": time,
            ])
    }
}
