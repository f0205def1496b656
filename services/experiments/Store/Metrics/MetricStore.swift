import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Measures.
struct MetricStore: Sendable {
    struct Stored: Sendable {
        let number: Int64
        let info: MetricInfo
    }

    func insert(_ metric: MetricInfo, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO metrics
                (id, key, name, description, kind, event, source, value_field, denominator_event, denominator_field,
                share, from_seconds, to_seconds, delay_seconds, window_seconds, counts_finished_windows_only,
                look_back_seconds, bounds, direction, created_at, version)
            VALUES
                (:id, :key, :name, :description, :kind, :event, :source, :value_field, :denominator_event,
                :denominator_field, :share, :from, :to, :delay, :window, :finished, :look_back, :bounds, :direction,
                :created, :version)
            """,
            [
                ":id": metric.id, ":key": metric.key, ":name": metric.name, ":description": metric.description,
                ":kind": metric.kind.rawValue, ":event": metric.event, ":source": metric.source.rawValue,
                ":value_field": metric.valueField, ":denominator_event": metric.denominatorEvent,
                ":denominator_field": metric.denominatorField, ":share": metric.share, ":from": metric.fromSeconds,
                ":to": metric.toSeconds, ":delay": metric.delaySeconds, ":window": metric.windowSeconds,
                ":finished": metric.countsFinishedWindowsOnly, ":look_back": metric.lookBackSeconds,
                ":bounds": metric.bounds?.jsonText, ":direction": metric.direction.rawValue,
                ":created": metric.createdAt, ":version": metric.version,
            ])
    }

    /// Writes what may change of a metric.
    func update(_ metric: MetricInfo, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE metrics SET name = :name, description = :description, is_archived = :archived, version = :version
            WHERE id = :id
            """,
            [
                ":id": metric.id, ":name": metric.name, ":description": metric.description,
                ":archived": metric.isArchived, ":version": metric.version,
            ])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM metrics") { $0.int(0) } ?? 0
    }

    func find(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Stored? {
        let number = try transaction.one("SELECT number FROM metrics WHERE key = :key", [":key": key]) { $0.int64(0) }
        guard let number else { return nil }
        return try list(after: number - 1, limit: 1, in: transaction).first
    }

    /// Those of one experiment, in the order of its plan.
    func numbers(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        try transaction.all(
            "SELECT metric FROM planned_metrics WHERE experiment = :experiment ORDER BY place",
            [":experiment": experiment]
        ) { $0.int64(0) }
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Stored {
        guard let found = try list(after: number - 1, limit: 1, in: transaction).first, found.number == number else {
            throw .internalError("The metric \(number) is not there.")
        }
        return found
    }

    func list(
        after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            """
            SELECT number, id, key, name, description, kind, event, source, value_field, denominator_event,
                denominator_field, share, from_seconds, to_seconds, delay_seconds, window_seconds,
                counts_finished_windows_only, look_back_seconds, bounds, direction, is_archived, created_at, version
            FROM metrics WHERE number > :number ORDER BY number LIMIT :limit
            """, [":number": number, ":limit": limit], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> Stored {
        guard let kind = MetricKind(rawValue: row.text(5)), let source = EventSource(rawValue: row.text(7)),
            let direction = MetricDirection(rawValue: row.text(19))
        else { throw .internalError("A metric is of an unknown kind, source or direction.") }
        var bounds: MetricBounds?
        if !row.isNull(18) { bounds = try row.json(18) }
        return Stored(
            number: row.int64(0),
            info: MetricInfo(
                id: row.uuid(1), key: row.text(2), name: row.text(3), description: row.textOrNil(4), kind: kind,
                event: row.text(6), source: source, valueField: row.textOrNil(8), denominatorEvent: row.textOrNil(9),
                denominatorField: row.textOrNil(10), share: row.doubleOrNil(11), fromSeconds: row.intOrNil(12),
                toSeconds: row.intOrNil(13), delaySeconds: row.int(14), windowSeconds: row.intOrNil(15),
                countsFinishedWindowsOnly: row.bool(16), lookBackSeconds: row.intOrNil(17), bounds: bounds,
                direction: direction, isArchived: row.bool(20), createdAt: row.timestamp(21), version: row.int(22)))
    }
}
