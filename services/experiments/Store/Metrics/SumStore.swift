import ExperimentMetrics
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// What is kept of units for analysis: trajectories, sums by day, and single events by hour.
struct SumStore: Sendable {
    // MARK: Trajectories

    /// What a unit did in an experiment, by the metrics' numbers; without metrics for which it did nothing yet.
    func trajectories(
        of unit: Int64, in experiment: Int64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(metric: Int64, trajectory: UnitTrajectory)] {
        try transaction.all(
            "SELECT metric, trajectory FROM unit_trajectories WHERE unit = :unit AND experiment = :experiment",
            [":unit": unit, ":experiment": experiment]
        ) { row throws(RPCError) in
            let bytes = row.bytes(1)
            let read = try Self.reading("trajectory") { () throws(DamagedBytes) in try UnitTrajectory(bytes: bytes) }
            return (row.int64(0), read)
        }
    }

    /// - Parameter trajectory: nil removes it.
    func set(
        _ trajectory: UnitTrajectory?, of unit: Int64, in experiment: Int64, metric: Int64,
        _ transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let trajectory else {
            try transaction.run(
                """
                DELETE FROM unit_trajectories WHERE unit = :unit AND experiment = :experiment AND metric = :metric
                """, [":unit": unit, ":experiment": experiment, ":metric": metric])
            return
        }
        try transaction.run(
            """
            INSERT INTO unit_trajectories (unit, experiment, metric, trajectory)
            VALUES (:unit, :experiment, :metric, :trajectory)
            ON CONFLICT (unit, experiment, metric) DO UPDATE SET trajectory = excluded.trajectory
            """,
            [":unit": unit, ":experiment": experiment, ":metric": metric, ":trajectory": trajectory.bytes])
    }

    // MARK: Days

    /// Whose sums: one metric of one variant in one phase, of all units or those of a segment.
    struct Series: Hashable, Sendable {
        /// All units.
        static let allUnits: Int64 = 0

        let experiment: Int64
        let metric: Int64
        let segment: Int64
        let phase: Int
        let variant: Int64
    }

    /// Adds what changed on a day.
    func merge(
        _ change: MetricSums, into series: Series, day: Int, of definition: MetricDefinition,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let key: Arguments = [
            ":experiment": series.experiment, ":metric": series.metric, ":segment": series.segment,
            ":phase": series.phase, ":variant": series.variant, ":day": day,
        ]
        let stored = try transaction.one(
            """
            SELECT tally FROM metric_days WHERE experiment = :experiment AND metric = :metric AND segment = :segment
                AND phase = :phase AND variant = :variant AND day = :day
            """, key
        ) { $0.bytes(0) }
        let tally = try Self.sum(stored, change.total, sumCount: definition.sumCount)
        try transaction.run(
            """
            INSERT INTO metric_days (experiment, metric, segment, phase, variant, day, tally)
            VALUES (:experiment, :metric, :segment, :phase, :variant, :day, :tally)
            ON CONFLICT (experiment, metric, segment, phase, variant, day) DO UPDATE SET tally = excluded.tally
            """,
            [
                ":experiment": series.experiment, ":metric": series.metric, ":segment": series.segment,
                ":phase": series.phase, ":variant": series.variant, ":day": day, ":tally": tally.bytes,
            ])
        for (bin, change) in change.bins { try merge(change, into: series, day: day, bin: bin, in: transaction) }
    }

    private func merge(
        _ change: Tally, into series: Series, day: Int, bin: Int32, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let stored = try transaction.one(
            """
            SELECT tally FROM metric_bins WHERE experiment = :experiment AND metric = :metric AND segment = :segment
                AND phase = :phase AND variant = :variant AND day = :day AND bin = :bin
            """,
            [
                ":experiment": series.experiment, ":metric": series.metric, ":segment": series.segment,
                ":phase": series.phase, ":variant": series.variant, ":day": day, ":bin": Int64(bin),
            ]
        ) { $0.bytes(0) }
        let tally = try Self.sum(stored, change, sumCount: change.sums.count)
        try transaction.run(
            """
            INSERT INTO metric_bins (experiment, metric, segment, phase, variant, day, bin, tally)
            VALUES (:experiment, :metric, :segment, :phase, :variant, :day, :bin, :tally)
            ON CONFLICT (experiment, metric, segment, phase, variant, day, bin) DO UPDATE SET tally = excluded.tally
            """,
            [
                ":experiment": series.experiment, ":metric": series.metric, ":segment": series.segment,
                ":phase": series.phase, ":variant": series.variant, ":day": day, ":bin": Int64(bin),
                ":tally": tally.bytes,
            ])
    }

    private static func sum(_ stored: [UInt8]?, _ change: Tally, sumCount: Int) throws(RPCError) -> Tally {
        guard let stored else { return change }
        var tally = try reading("tally") { () throws(DamagedBytes) in try Tally(bytes: stored, sumCount: sumCount) }
        tally.merge(change)
        return tally
    }

    /// What changed on each day: all of a metric in an experiment, or of a segment of its units, by ascending days.
    func days(
        of metric: Int64, in experiment: Int64, segment: Int64 = Series.allUnits, _ definition: MetricDefinition,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(series: Series, day: Int, sums: MetricSums)] {
        var bins: [Series: [Int: [Int32: Tally]]] = [:]
        if let sumCount = definition.binSumCount {
            let rows = try transaction.all(
                """
                SELECT phase, variant, day, bin, tally FROM metric_bins
                WHERE experiment = :experiment AND metric = :metric AND segment = :segment
                """, [":experiment": experiment, ":metric": metric, ":segment": segment]
            ) { ($0.int(0), $0.int64(1), $0.int(2), Int32($0.int64(3)), $0.bytes(4)) }
            for (phase, variant, day, bin, bytes) in rows {
                let series = Series(
                    experiment: experiment, metric: metric, segment: segment, phase: phase, variant: variant)
                bins[series, default: [:]][day, default: [:]][bin] =
                    try Self.reading("tally") { () throws(DamagedBytes) in try Tally(bytes: bytes, sumCount: sumCount) }
            }
        }
        let rows = try transaction.all(
            """
            SELECT phase, variant, day, tally FROM metric_days
            WHERE experiment = :experiment AND metric = :metric AND segment = :segment ORDER BY day
            """, [":experiment": experiment, ":metric": metric, ":segment": segment]
        ) { ($0.int(0), $0.int64(1), $0.int(2), $0.bytes(3)) }
        var days: [(series: Series, day: Int, sums: MetricSums)] = []
        for (phase, variant, day, bytes) in rows {
            let series = Series(
                experiment: experiment, metric: metric, segment: segment, phase: phase, variant: variant)
            let total = try Self.reading("tally") { () throws(DamagedBytes) in
                try Tally(bytes: bytes, sumCount: definition.sumCount)
            }
            days.append((series, day, MetricSums(total: total, bins: bins[series]?[day] ?? [:])))
        }
        return days
    }

    /// Removes all that is kept of a metric in an experiment.
    func remove(
        _ metric: Int64, of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let key: Arguments = [":experiment": experiment, ":metric": metric]
        try transaction.run(
            "DELETE FROM unit_trajectories WHERE experiment = :experiment AND metric = :metric", key)
        try transaction.run("DELETE FROM metric_days WHERE experiment = :experiment AND metric = :metric", key)
        try transaction.run("DELETE FROM metric_bins WHERE experiment = :experiment AND metric = :metric", key)
        try transaction.run("DELETE FROM metric_hours WHERE experiment = :experiment AND metric = :metric", key)
    }

    private static func reading<T>(_ what: String, _ body: () throws(DamagedBytes) -> T) throws(RPCError) -> T {
        do {
            return try body()
        } catch {
            throw .internalError("A \(what) cannot be read: \(error)")
        }
    }
}
