import JSON
import JSONRPC
import SQLite
import ServiceContract

/// Counts and sums over many signals.
struct SignalTotals: Sendable {
    let filter: SignalFilter

    /// How many signals there are, and how many different actors they are about.
    func counts(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (signals: Int, actors: Int) {
        var counts = (signals: 0, actors: 0)
        try transaction.each(
            sql: "SELECT count(*), count(DISTINCT actor) FROM signals WHERE \(filter.condition)",
            Arguments(filter.arguments)
        ) { row in
            counts = (row.int(0), row.int(1))
            return false
        }
        return counts
    }

    /// The sum of revenue in one currency, in ten-thousandths; "" for amounts that named none.
    struct Sum: Sendable, Equatable {
        let currency: String
        let tenThousandths: Int128
    }

    /// Exact sums by currency. SQLite's own `sum` ends at 2^63 with an error, so the upper and lower halves of the
    /// amounts are summed each for itself: those fit for two thousand million signals.
    func revenue(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [Sum] {
        var sums: [Sum] = []
        try transaction.each(
            sql: """
                SELECT coalesce(currency, '') AS code, sum(revenue >> 32), sum(revenue & 0xFFFFFFFF)
                FROM signals WHERE revenue IS NOT NULL AND \(filter.condition)
                GROUP BY code ORDER BY code
                """, Arguments(filter.arguments)
        ) { row in
            sums.append(
                Sum(currency: row.text(0), tenThousandths: Int128(row.int64(1)) << 32 + Int128(row.int64(2))))
            return true
        }
        return sums
    }

    /// How many signals fall into each stretch of `width` microseconds since 1970, by the time they happened; oldest
    /// first, empty ones left out, until `body` returns false.
    func series(
        width: Int64, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (_ start: Int64, _ signals: Int) -> Bool
    ) throws(RPCError) {
        // The remainder is made positive first, so that times before 1970 are rounded down, too.
        try transaction.each(
            sql: """
                SELECT occurred_at - (occurred_at % ? + ?) % ? AS start, count(*) FROM signals
                WHERE \(filter.condition) GROUP BY start ORDER BY start
                """, Arguments([width, width, width] + filter.arguments)
        ) { body($0.int64(0), $0.int(1)) }
    }
}

/// Counts by the time of arrival.
struct ArrivalCounts: Sendable {
    let reach: ActorReach

    /// How far clocks may have gone back between two arrivals without one being missed.
    private static let slackMicroseconds: Int64 = 600_000_000

    /// How many signals arrived in each minute from `start` on, which is a whole minute; empty ones left out.
    ///
    /// There is no index by arrival: rows lie in that order, so the first one that counts is found by halving.
    func perMinute(
        from start: Timestamp, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(start: Timestamp, signals: Int)] {
        let first = try firstSequence(
            from: Timestamp(microseconds: start.microseconds - Self.slackMicroseconds), in: transaction)
        var counts: [(start: Timestamp, signals: Int)] = []
        try transaction.each(
            sql: """
                SELECT received_at / 60000000 * 60000000 AS minute, count(*) FROM signals
                WHERE \(reach.condition(on: "signals.actor") ?? "TRUE") AND sequence >= ? AND received_at >= ?
                GROUP BY minute ORDER BY minute LIMIT ?
                """, Arguments(reach.arguments + [first, start, limit])
        ) { row in
            counts.append((row.timestamp(0), row.int(1)))
            return true
        }
        return counts
    }

    /// A sequence before which everything arrived before `time`.
    private func firstSequence(
        from time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64 {
        var (low, high) =
            try transaction.one("SELECT min(sequence), max(sequence) FROM signals") {
                ($0.int64(0), $0.int64(1) + 1)
            } ?? (0, 0)
        while low < high {
            let middle = low + (high - low) / 2
            let arrival = try transaction.one(
                "SELECT received_at FROM signals WHERE sequence >= :sequence ORDER BY sequence LIMIT 1",
                [":sequence": middle]
            ) { $0.timestamp(0) }
            if let arrival, arrival < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
