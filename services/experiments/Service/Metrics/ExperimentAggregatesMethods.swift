import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import Statistics

/// Answers `experimentAggregates.*`.
struct ExperimentAggregatesMethods: ExperimentAggregates.Service {
    private let experiments = ExperimentStore()
    private let hours = HourStore()
    private let metrics = MetricStore()

    func list(
        _ params: ExperimentAggregates.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentAggregates.List.Reply {
        let cursor = try ListCursor(params.cursor)
        guard let experiment = try experiments.find(params.experimentId, in: transaction) else {
            throw .notFound("experiment", params.experimentId)
        }
        let metric = try params.metric.map { key throws(RPCError) in
            guard let found = try metrics.find(key, in: transaction) else { throw .notFound("metric", key) }
            return found.number
        }
        let length = params.bucket == .hourly ? 1 : 24
        let from = params.from.map { Self.first($0, length) } ?? -(1 << 40)
        let to = params.to.map { Self.first($0, length) } ?? 1 << 40
        var stretches: [MetricAggregate] = []
        var last: (metric: String, variant: String, start: Int, tally: EventTally)?
        func end() {
            if let last { stretches.append(Self.aggregate(experiment.key, last)) }
        }
        for hour in try hours.list(of: experiment.number, metric: metric, from: from, to: to, in: transaction) {
            let start = Self.floor(hour.hour, length)
            if let known = last, known.metric == hour.metric, known.variant == hour.variant, known.start == start {
                last?.tally.merge(hour.tally)
            } else {
                end()
                last = (hour.metric, hour.variant, start, hour.tally)
            }
        }
        end()
        let items = stretches.dropFirst(Int(cursor.position)).prefix(params.limit)
        return ExperimentAggregates.List.Reply(
            items: Array(items), nextCursor: items.endIndex < stretches.count ? "\(items.endIndex)" : nil)
    }

    /// The first hour of the first stretch that begins then or later.
    private static func first(_ time: Timestamp, _ length: Int) -> Int {
        let hour = time.advanced(bySeconds: 3_600).hour - (time.microseconds % 3_600_000_000 == 0 ? 1 : 0)
        return floor(hour + length - 1, length)
    }

    private static func floor(_ hour: Int, _ length: Int) -> Int {
        (hour >= 0 ? hour / length : (hour + 1) / length - 1) * length
    }

    private static func aggregate(
        _ experiment: String, _ stretch: (metric: String, variant: String, start: Int, tally: EventTally)
    ) -> MetricAggregate {
        let tally = stretch.tally
        return MetricAggregate(
            experiment: experiment, variant: stretch.variant, metric: stretch.metric,
            bucketStart: Timestamp(microseconds: Int64(stretch.start) * 3_600_000_000), count: tally.count,
            sum: tally.sum.value, mean: tally.mean, minimum: tally.minimum, maximum: tally.maximum,
            standardDeviation: tally.standardDeviation)
    }
}
