import CommonAPI
import JSON
import JSONRPC
import SQLite
import SegmentRules
import ServiceContract
import ServiceKit
import SignalsAPI

/// What rules ask of people: one query for many of them, by the indexes that lead from a person to what is known of them.
struct SegmentFactStore: Sendable {
    /// The numbers of some people, as queries take them: a JSON array.
    struct People: Sendable {
        fileprivate let json: String

        init(_ numbers: [Int64]) {
            var writer = JSONWriter(capacity: numbers.count * 8 + 2)
            writer.beginArray()
            for number in numbers { writer.int(number) }
            writer.endArray()
            json = writer.string()
        }
    }

    /// Whose data is not restricted, behind `number`, oldest first.
    func unrestricted(
        after number: Int64, limit: Int, _ reach: ActorReach, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        var numbers: [Int64] = []
        try transaction.each(
            sql: """
                SELECT number FROM actors
                WHERE \(reach.condition(on: "actors.number") ?? "TRUE") AND number > ?
                    AND NOT EXISTS (
                        SELECT 1 FROM processing_restrictions AS stops
                        WHERE stops.actor = actors.number AND stops.kind = 'restriction')
                ORDER BY number LIMIT ?
                """, Arguments(reach.arguments + [number, limit])
        ) { row in
            numbers.append(row.int64(0))
            return true
        }
        return numbers
    }

    /// A trait of those who have it.
    func trait(
        _ name: String, of people: People, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64: TraitValue] {
        var values: [Int64: TraitValue] = [:]
        let statement = try transaction.statement(
            """
            SELECT traits.actor, traits.value FROM json_each(?) AS people
                CROSS JOIN traits ON traits.actor = people.value AND traits.name = ? AND traits.value IS NOT NULL
            """)
        defer { statement.reset() }
        try storing { () throws(SQLiteError) in
            try statement.bind(people.json, at: 1)
            try statement.bind(name, at: 2)
        }
        while try storing({ () throws(SQLiteError) in try statement.step() }) {
            do {
                values[statement.int64(0)] = try TraitValue(json: statement.bytes(1))
            } catch {
                throw .internalError("A stored trait is no JSON: \(error.message)")
            }
        }
        return values
    }

    /// How often people did something, and the revenue of it in ten-thousandths; those who did not are not in it.
    func events(
        _ test: EventTest, of people: People, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64: (count: Int, sum: Int128)] {
        // SQLite's own `sum` ends at 2^63, so the upper and lower halves of amounts are summed each for itself.
        let rows = try transaction.all(
            """
            SELECT signals.actor, count(*),
                sum(iif(signals.currency = :currency, signals.revenue, 0) >> 32),
                sum(iif(signals.currency = :currency, signals.revenue, 0) & 0xFFFFFFFF)
            FROM json_each(:people) AS people
                CROSS JOIN signals ON signals.actor = people.value AND signals.occurred_at >= :from
            WHERE signals.event = :event GROUP BY people.id
            """,
            [
                ":people": people.json, ":event": test.event, ":currency": test.currency?.code,
                ":from": test.withinDays.map { now.days(ago: $0).microseconds } ?? .min,
            ]
        ) { row in
            (row.int64(0), (row.int(1), row.isNull(2) ? 0 : Int128(row.int64(2)) << 32 + Int128(row.int64(3))))
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// When the first or last signal about people was; those without any are not in it.
    func seen(
        _ end: SeenTest.End, _ people: People, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64: Timestamp] {
        let rows =
            switch end {
            case .first:
                try transaction.all(
                    """
                    SELECT people.value, (SELECT min(occurred_at) FROM signals WHERE actor = people.value)
                    FROM json_each(:people) AS people
                    """, [":people": people.json]
                ) { ($0.int64(0), $0.timestampOrNil(1)) }
            case .last:
                try transaction.all(
                    """
                    SELECT people.value, (SELECT max(occurred_at) FROM signals WHERE actor = people.value)
                    FROM json_each(:people) AS people
                    """, [":people": people.json]
                ) { ($0.int64(0), $0.timestampOrNil(1)) }
            }
        return Dictionary(rows.compactMap { row in row.1.map { (row.0, $0) } }) { first, _ in first }
    }

    func ofKind(
        _ kind: SegmentRule.Kind, _ people: People, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<Int64> {
        Set(
            try transaction.all(
                """
                SELECT actors.number FROM json_each(:people) AS people
                    CROSS JOIN actors ON actors.number = people.value
                WHERE actors.kind = :kind
                """, [":people": people.json, ":kind": kind.rawValue]
            ) { $0.int64(0) })
    }

    // MARK: One person

    /// Those of a person's traits that are asked for, ordered by name, as one JSON object.
    func traits(
        _ names: [String], of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> JSONRaw {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        let traits = try transaction.all(
            """
            SELECT name, value FROM traits
            WHERE actor = :actor AND name IN (SELECT value FROM json_each(:names)) AND value IS NOT NULL ORDER BY name
            """, [":actor": actor, ":names": String(decoding: names.json(), as: UTF8.self)]
        ) { ($0.text(0), $0.bytes(1)) }
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

    /// Whom an audience needs to know how to reach.
    func contact(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (id: UUIDv7, kind: String, email: String?, phone: String?)? {
        try transaction.one(
            """
            SELECT id, kind,
                (SELECT value FROM identifiers WHERE actor = actors.number AND type = 'email'
                    ORDER BY first_seen_at, value LIMIT 1),
                (SELECT value FROM identifiers WHERE actor = actors.number AND type = 'phone'
                    ORDER BY first_seen_at, value LIMIT 1)
            FROM actors WHERE number = :actor
            """, [":actor": actor]
        ) { ($0.uuid(0), $0.text(1), $0.textOrNil(2), $0.textOrNil(3)) }
    }
}
