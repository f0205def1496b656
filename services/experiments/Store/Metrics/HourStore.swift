import ExperimentsAPI
import JSONRPC
import SQLite
import ServiceContract
import Statistics

/// Single events that count for a metric, as one number each, added up.
struct EventTally: Sendable, Equatable {
    var count = 0
    var sum = CompensatedSum()
    var squares = CompensatedSum()
    var minimum = Double.infinity
    var maximum = -Double.infinity

    mutating func add(_ value: Double, times: Int = 1) {
        count += times
        let number = CompensatedSum(Double(times))
        sum += number * value
        squares += number * CompensatedSum(product: value, value)
        guard times > 0 else { return }
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    /// Nil of none.
    var mean: Double? { count > 0 ? sum.value / Double(count) : nil }

    /// With n - 1; nil of fewer than two.
    var standardDeviation: Double? {
        guard count > 1 else { return nil }
        return Moments(count: count, sum: sum, squares: squares).variance.squareRoot()
    }

    mutating func merge(_ other: Self) {
        count += other.count
        sum += other.sum
        squares += other.squares
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }
}

/// Single events by the hour: what the seed calls metric aggregates.
struct HourStore: Sendable {
    struct Place: Hashable, Sendable {
        let experiment: Int64
        let metric: Int64
        let variant: Int64
        let hour: Int
    }

    func merge(_ tally: EventTally, into place: Place, in transaction: borrowing WriteTransaction) throws(RPCError) {
        var whole = tally
        if let stored = try find(place, in: transaction) { whole.merge(stored) }
        try set(whole, at: place, in: transaction)
    }

    private func find(
        _ place: Place, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> EventTally? {
        try transaction.one(
            """
            SELECT count, sum_high, sum_low, squares_high, squares_low, minimum, maximum FROM metric_hours
            WHERE experiment = :experiment AND metric = :metric AND variant = :variant AND hour = :hour
            """,
            [
                ":experiment": place.experiment, ":metric": place.metric, ":variant": place.variant,
                ":hour": place.hour,
            ]
        ) { Self.tally($0, from: 0) }
    }

    /// An hour of no events is none.
    private func set(
        _ tally: EventTally, at place: Place, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard tally.count > 0 else {
            try transaction.run(
                """
                DELETE FROM metric_hours
                WHERE experiment = :experiment AND metric = :metric AND variant = :variant AND hour = :hour
                """,
                [
                    ":experiment": place.experiment, ":metric": place.metric, ":variant": place.variant,
                    ":hour": place.hour,
                ])
            return
        }
        try transaction.run(
            """
            INSERT INTO metric_hours
                (experiment, metric, variant, hour, count, sum_high, sum_low, squares_high, squares_low, minimum, maximum)
            VALUES (:experiment, :metric, :variant, :hour, :count, :sum_high, :sum_low, :squares_high, :squares_low,
                :minimum, :maximum)
            ON CONFLICT (experiment, metric, variant, hour) DO UPDATE SET
                count = excluded.count, sum_high = excluded.sum_high, sum_low = excluded.sum_low,
                squares_high = excluded.squares_high, squares_low = excluded.squares_low,
                minimum = excluded.minimum, maximum = excluded.maximum
            """,
            [
                ":experiment": place.experiment, ":metric": place.metric, ":variant": place.variant,
                ":hour": place.hour, ":count": tally.count, ":sum_high": tally.sum.high, ":sum_low": tally.sum.low,
                ":squares_high": tally.squares.high, ":squares_low": tally.squares.low, ":minimum": tally.minimum,
                ":maximum": tally.maximum,
            ])
    }

    /// Reckons the extremes of an hour anew, from the events that are left.
    ///
    /// - Parameter values: of the events in this hour that count.
    func narrow(
        _ place: Place, to values: [Double], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard var tally = try find(place, in: transaction) else { return }
        tally.minimum = values.min() ?? tally.minimum
        tally.maximum = values.max() ?? tally.maximum
        try set(tally, at: place, in: transaction)
    }

    /// The hours of an experiment in the order of metric, variant and time.
    func list(
        of experiment: Int64, metric: Int64?, from: Int, to: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(metric: String, variant: String, hour: Int, tally: EventTally)] {
        try transaction.all(
            """
            SELECT metrics.key, variants.key, hour, count, sum_high, sum_low, squares_high, squares_low, minimum, maximum
            FROM metric_hours
                JOIN metrics ON metrics.number = metric_hours.metric
                JOIN variants ON variants.number = metric_hours.variant
            WHERE metric_hours.experiment = :experiment AND (:metric IS NULL OR metric_hours.metric = :metric)
                AND hour >= :from AND hour < :to
            ORDER BY metric_hours.metric, metric_hours.variant, hour
            """, [":experiment": experiment, ":metric": metric, ":from": from, ":to": to]
        ) { ($0.text(0), $0.text(1), $0.int(2), Self.tally($0, from: 3)) }
    }

    private static func tally(_ row: Statement, from first: Int32) -> EventTally {
        EventTally(
            count: row.int(first), sum: CompensatedSum(high: row.double(first + 1), low: row.double(first + 2)),
            squares: CompensatedSum(high: row.double(first + 3), low: row.double(first + 4)),
            minimum: row.double(first + 5), maximum: row.double(first + 6))
    }
}
