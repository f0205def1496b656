import JSON
import JSONRPC
import ServiceContract
import SignalsAPI

extension SignalsMethods {
    func summarize(
        _ params: Signals.Summarize.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Signals.Summarize.Reply {
        let totals = SignalTotals(
            filter: SignalFilter(reach: ActorReach(of: call), event: params.event, from: params.from, to: params.to))
        let counts = try totals.counts(in: transaction)
        var series: [Stretch]?
        if let by = params.by { series = try self.series(totals, TimeStretch(by), in: transaction) }
        return Signals.Summarize.Reply(
            signals: counts.signals, actors: counts.actors,
            revenue: try Self.revenue(try totals.revenue(in: transaction)), series: series)
    }

    private static func revenue(_ sums: [SignalTotals.Sum]) throws(RPCError) -> [Sum] {
        guard sums.count <= IntakeLimits.currencies else {
            throw .conflict(
                "There is revenue in \(sums.count) currencies, and a summary holds \(IntakeLimits.currencies); "
                    + "ask for one event or a shorter time.")
        }
        var revenue: [Sum] = []
        for sum in sums {
            guard let amount = Int64(exactly: sum.tenThousandths) else {
                throw .conflict(
                    "The sum in '\(sum.currency)' passes \(Amount.maximum); ask for one event or a shorter time.")
            }
            revenue.append(Sum(currency: sum.currency, amount: Amount(tenThousandths: amount)))
        }
        return revenue
    }

    private func series(
        _ totals: SignalTotals, _ stretch: TimeStretch, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> [Stretch] {
        var series: [(start: Timestamp, signals: Int)] = []
        try totals.series(width: stretch.storedWidth, in: transaction) { time, signals in
            let start = stretch.start(of: Timestamp(microseconds: time))
            if let last = series.last, last.start == start {
                series[series.count - 1].signals += signals
            } else {
                series.append((start, signals))
            }
            return series.count <= IntakeLimits.stretches
        }
        guard series.count <= IntakeLimits.stretches else {
            throw .invalidParams(
                at: "/params/by",
                "gives more than \(IntakeLimits.stretches) stretches; choose a longer one, or a shorter time with from and to"
            )
        }
        return series.map { Stretch(from: $0.start, signals: $0.signals) }
    }
}

/// A stretch of time as a series counts by it, in UTC.
enum TimeStretch: Sendable {
    case minute, hour, day, month

    init(_ by: Signals.Summarize.Params.By) {
        switch by {
        case .minute: self = .minute
        case .hour: self = .hour
        case .day: self = .day
        case .month: self = .month
        }
    }

    /// In microseconds, as the database groups by it: months are put together from days.
    var storedWidth: Int64 {
        switch self {
        case .minute: 60_000_000
        case .hour: 3_600_000_000
        case .day, .month: 86_400_000_000
        }
    }

    /// Where the stretch that holds `time` begins.
    func start(of time: Timestamp) -> Timestamp {
        let remainder = time.microseconds % storedWidth
        let start = time.microseconds - (remainder < 0 ? remainder + storedWidth : remainder)
        guard case .month = self, let day = Timestamp(microseconds: start).date,
            let first = CalendarDate(year: day.year, month: day.month, day: 1)
        else { return Timestamp(microseconds: start) }
        return Timestamp(microseconds: Int64(first.dayNumber) * storedWidth)
    }
}
