import ExperimentMetrics
import ExperimentsAPI
import JSONRPC
import SQLite
import ServiceContract

/// What experiments have already shown of metrics.
struct HistoryStore: Sendable {
    /// The experiment that measured a metric, and since a day exposed more units to its control than others; nil: none did.
    func experiment(
        measuring metric: Int64, since day: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one(
            """
            SELECT planned_metrics.experiment
            FROM planned_metrics
                JOIN entry_days ON entry_days.experiment = planned_metrics.experiment
                JOIN variants ON variants.number = entry_days.variant AND variants.is_control
            WHERE planned_metrics.metric = :metric AND planned_metrics.filled_through IS NULL
                AND entry_days.day >= :day AND entry_days.units > 0
            GROUP BY planned_metrics.experiment
            ORDER BY sum(entry_days.units) DESC, planned_metrics.experiment DESC LIMIT 1
            """, [":metric": metric, ":day": day]
        ) { $0.int64(0) }
    }

    /// What the units of a variant amount to as of the end of a day, in all phases together.
    func sums(
        of variant: Int64, in experiment: Int64, metric: Int64, _ definition: MetricDefinition, through day: Int,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> MetricSums {
        var sum = definition.noSums
        for change in try SumStore().days(of: metric, in: experiment, definition, transaction)
        where change.series.variant == variant && change.day <= day {
            sum.merge(change.sums)
        }
        return sum
    }
}
