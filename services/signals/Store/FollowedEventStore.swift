import JSON
import JSONRPC
import SQLite
import ServiceContract

/// The events that experiments count.
struct FollowedEventStore: Sendable {
    func all(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Set<String> {
        Set(try transaction.all("SELECT event FROM followed_events") { $0.text(0) })
    }

    func replace(_ events: [String], in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM followed_events")
        for event in events {
            try transaction.run(
                "INSERT INTO followed_events (event) VALUES (:event) ON CONFLICT DO NOTHING", [":event": event])
        }
    }

    /// A signal as it is fed to who counts it.
    struct Fed: Sendable {
        let sequence: Int64
        let messageID: MessageID
        let actor: Int64
        let occurredAt: Timestamp
        let revenue: Amount?
        let properties: [UInt8]?
    }

    /// The signals of one name in a stretch of the order of arrival, of people whose data is not restricted.
    func signals(
        _ event: String, after sequence: Int64, through last: Int64, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Fed] {
        try transaction.all(
            """
            SELECT sequence, message_id, typeof(message_id) = 'blob', actor, occurred_at, revenue, properties FROM signals
            WHERE sequence > :after AND sequence <= :last AND event = :event AND actor IS NOT NULL
                AND NOT EXISTS (
                    SELECT 1 FROM processing_restrictions AS stops
                    WHERE stops.actor = signals.actor AND stops.kind = 'restriction')
            ORDER BY sequence LIMIT :limit
            """, [":event": event, ":after": sequence, ":last": last, ":limit": limit]
        ) { row throws(RPCError) in
            Fed(
                sequence: row.int64(0), messageID: MessageID(row, 1, isBytes: row.bool(2)), actor: row.int64(3),
                occurredAt: row.timestamp(4), revenue: row.amountOrNil(5), properties: row.bytesOrNil(6))
        }
    }
}
