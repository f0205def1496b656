import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `metricDefinitions.*`.
struct MetricDefinitionsMethods: MetricDefinitions.Service {
    /// Metrics of a brand.
    static let maximum = 5_000

    private let metrics = MetricStore()

    func create(
        _ params: MetricDefinitions.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> MetricDefinitions.Create.Reply {
        guard try metrics.find(params.key, in: transaction) == nil else {
            throw .conflict("The brand has a metric \(params.key) already; choose another key.")
        }
        guard try metrics.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) metrics.")
        }
        let metric = MetricInfo(
            id: transaction.newID(at: call.now), key: params.key, name: params.name, description: params.description,
            kind: params.kind, event: params.event, source: params.source, valueField: params.valueField,
            denominatorEvent: params.denominatorEvent, denominatorField: params.denominatorField, share: params.share,
            fromSeconds: params.fromSeconds, toSeconds: params.toSeconds, delaySeconds: params.delaySeconds,
            windowSeconds: params.windowSeconds, countsFinishedWindowsOnly: params.countsFinishedWindowsOnly,
            lookBackSeconds: params.lookBackSeconds, bounds: params.bounds, direction: params.direction,
            isArchived: false, createdAt: call.now, version: 1)
        do throws(MetricProblem) {
            _ = try metric.definition()
        } catch {
            throw error.error(at: "/params")
        }
        try metrics.insert(metric, in: transaction)
        return metric
    }

    func get(
        _ params: MetricDefinitions.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> MetricDefinitions.Get.Reply {
        guard let stored = try metrics.find(params.key, in: transaction) else { throw .notFound("metric", params.key) }
        return stored.info
    }

    func list(
        _ params: MetricDefinitions.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> MetricDefinitions.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let found = try metrics.list(after: cursor.position, limit: params.limit + 1, in: transaction)
        let items = found.prefix(params.limit)
        return MetricDefinitions.List.Reply(
            items: items.map(\.info), nextCursor: found.count > params.limit ? items.last.map { "\($0.number)" } : nil)
    }

    func update(
        _ params: MetricDefinitions.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> MetricDefinitions.Update.Reply {
        guard let before = try metrics.find(params.key, in: transaction)?.info else {
            throw .notFound("metric", params.key)
        }
        guard before.version == params.version else {
            throw .versionMismatch("metric", expected: Int64(params.version), actual: Int64(before.version))
        }
        let metric = MetricInfo(
            id: before.id, key: before.key, name: params.name ?? before.name,
            description: params.description.applied(to: before.description), kind: before.kind, event: before.event,
            source: before.source, valueField: before.valueField, denominatorEvent: before.denominatorEvent,
            denominatorField: before.denominatorField, share: before.share, fromSeconds: before.fromSeconds,
            toSeconds: before.toSeconds, delaySeconds: before.delaySeconds, windowSeconds: before.windowSeconds,
            countsFinishedWindowsOnly: before.countsFinishedWindowsOnly, lookBackSeconds: before.lookBackSeconds,
            bounds: before.bounds, direction: before.direction, isArchived: params.isArchived ?? before.isArchived,
            createdAt: before.createdAt, version: before.version + 1)
        try metrics.update(metric, in: transaction)
        return metric
    }
}
