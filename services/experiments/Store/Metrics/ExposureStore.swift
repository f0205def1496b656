import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// A unit as an analysis counts it: in the phase, and with the variant, of its first exposure.
struct Entry: Sendable, Equatable {
    let experiment: Int64
    let phase: Int
    let variant: Int64
    let exposedAt: Timestamp
    let hasSeveral: Bool

    /// Whether an exposure of its unit adds nothing to it: a later one, of the same phase and variant.
    func covers(_ exposure: ExposureStore.Exposure) -> Bool {
        experiment == exposure.experiment && phase == exposure.phase && variant == exposure.variant
            && exposedAt <= exposure.exposedAt
    }
}

/// Who met which variant, and who entered which experiment.
struct ExposureStore: Sendable {
    struct Exposure: Sendable {
        let experiment: Int64
        var phase: Int
        let unit: Int64
        let variant: Int64
        let exposedAt: Timestamp
        var segments = UnitSegments()
    }

    /// When the phases of an experiment were open, the last one first.
    func phases(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int, openedAt: Timestamp, closedAt: Timestamp?)] {
        try transaction.all(
            "SELECT number, opened_at, closed_at FROM phases WHERE experiment = :experiment ORDER BY number DESC",
            [":experiment": experiment]
        ) { ($0.int(0), $0.timestamp(1), $0.timestampOrNil(2)) }
    }

    /// Keeps an exposure; of several in one phase the earliest.
    ///
    /// - Returns: whether it is the first of the phase.
    func insert(
        _ exposure: Exposure, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let arguments: Arguments = [
            ":experiment": exposure.experiment, ":phase": exposure.phase, ":unit": exposure.unit,
            ":variant": exposure.variant, ":exposed": exposure.exposedAt, ":received": time,
        ]
        try transaction.run(
            """
            INSERT INTO experiment_exposures (experiment, phase, unit, variant, exposed_at, received_at)
            VALUES (:experiment, :phase, :unit, :variant, :exposed, :received)
            ON CONFLICT (unit, experiment, phase) DO NOTHING
            """, arguments)
        if transaction.connection.changes > 0 { return true }
        try transaction.run(
            """
            UPDATE experiment_exposures SET variant = :variant, exposed_at = :exposed
            WHERE unit = :unit AND experiment = :experiment AND phase = :phase AND exposed_at > :exposed
            """,
            [
                ":experiment": exposure.experiment, ":phase": exposure.phase, ":unit": exposure.unit,
                ":variant": exposure.variant, ":exposed": exposure.exposedAt,
            ])
        return false
    }

    /// Whether an exposure of a unit in a phase is known.
    func contains(
        unit: Int64, experiment: Int64, phase: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            """
            SELECT 1 FROM experiment_exposures WHERE unit = :unit AND experiment = :experiment AND phase = :phase
            """, [":unit": unit, ":experiment": experiment, ":phase": phase]
        ) { _ in true } ?? false
    }

    /// Whether a unit met several variants in its phases.
    func metSeveral(
        unit: Int64, experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            """
            SELECT count(DISTINCT variant) > 1 FROM experiment_exposures WHERE unit = :unit AND experiment = :experiment
            """, [":unit": unit, ":experiment": experiment]
        ) { $0.bool(0) } ?? false
    }

    func list(
        of experiment: Int64, key: String, after number: Int64, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int64, exposed: ExposedUnit)] {
        try transaction.all(
            """
            SELECT experiment_exposures.number, phase, units.unit, variants.key, exposed_at
            FROM experiment_exposures
                JOIN units ON units.number = experiment_exposures.unit
                JOIN variants ON variants.number = experiment_exposures.variant
            WHERE experiment_exposures.experiment = :experiment AND experiment_exposures.number > :number
            ORDER BY experiment_exposures.number LIMIT :limit
            """, [":experiment": experiment, ":number": number, ":limit": limit]
        ) { row in
            (
                row.int64(0),
                ExposedUnit(
                    experiment: key, phase: row.int(1), unit: row.text(2), variant: row.text(3),
                    exposedAt: row.timestamp(4))
            )
        }
    }

    // MARK: Entries

    func entries(
        of unit: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Entry] {
        try transaction.all(
            "SELECT experiment, phase, variant, exposed_at, has_several FROM entries WHERE unit = :unit",
            [":unit": unit], Self.entry)
    }

    func entry(
        of unit: Int64, in experiment: Int64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Entry? {
        try transaction.one(
            """
            SELECT experiment, phase, variant, exposed_at, has_several FROM entries
            WHERE unit = :unit AND experiment = :experiment
            """, [":unit": unit, ":experiment": experiment], Self.entry)
    }

    /// The next entries of an experiment behind a unit, by the units' numbers.
    func entries(
        in experiment: Int64, afterUnit unit: Int64, limit: Int,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(unit: Int64, entry: Entry)] {
        try transaction.all(
            """
            SELECT experiment, phase, variant, exposed_at, has_several, unit FROM entries
            WHERE experiment = :experiment AND unit > :unit ORDER BY unit LIMIT :limit
            """, [":experiment": experiment, ":unit": unit, ":limit": limit]
        ) { row in (row.int64(5), Self.entry(row)) }
    }

    private static func entry(_ row: Statement) -> Entry {
        Entry(
            experiment: row.int64(0), phase: row.int(1), variant: row.int64(2), exposedAt: row.timestamp(3),
            hasSeveral: row.bool(4))
    }

    /// Writes where a unit counts, and moves it between the days' numbers.
    func set(
        _ entry: Entry, of unit: Int64, before: Entry?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        if let before { try count(before, -1, in: transaction) }
        try transaction.run(
            """
            INSERT INTO entries (unit, experiment, phase, variant, exposed_at, has_several)
            VALUES (:unit, :experiment, :phase, :variant, :exposed, :several)
            ON CONFLICT (unit, experiment) DO UPDATE SET
                phase = excluded.phase, variant = excluded.variant, exposed_at = excluded.exposed_at,
                has_several = excluded.has_several
            """,
            [
                ":unit": unit, ":experiment": entry.experiment, ":phase": entry.phase, ":variant": entry.variant,
                ":exposed": entry.exposedAt, ":several": entry.hasSeveral,
            ])
        try count(entry, 1, in: transaction)
    }

    /// Removes where a unit counts, from the days' numbers as well.
    func remove(_ entry: Entry, of unit: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try count(entry, -1, in: transaction)
        try transaction.run(
            "DELETE FROM entries WHERE unit = :unit AND experiment = :experiment",
            [":unit": unit, ":experiment": entry.experiment])
    }

    private func count(
        _ entry: Entry, _ units: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO entry_days (experiment, phase, variant, day, units, several)
            VALUES (:experiment, :phase, :variant, :day, :units, :several)
            ON CONFLICT (experiment, phase, variant, day) DO UPDATE SET
                units = units + excluded.units, several = several + excluded.several
            """,
            [
                ":experiment": entry.experiment, ":phase": entry.phase, ":variant": entry.variant,
                ":day": entry.exposedAt.day, ":units": units, ":several": entry.hasSeveral ? units : 0,
            ])
    }

    /// How many entered, by phase, day and variant, and how many of them met several variants.
    func days(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(phase: Int, day: Int, variant: String, units: Int, several: Int)] {
        try transaction.all(
            """
            SELECT phase, day, variants.key, units, several
            FROM entry_days JOIN variants ON variants.number = entry_days.variant
            WHERE entry_days.experiment = :experiment AND units > 0 ORDER BY day, phase
            """, [":experiment": experiment]
        ) { ($0.int(0), $0.int(1), $0.text(2), $0.int(3), $0.int(4)) }
    }

    func units(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        try transaction.one(
            "SELECT coalesce(sum(units), 0) FROM entry_days WHERE experiment = :experiment",
            [":experiment": experiment]
        ) { $0.int(0) } ?? 0
    }
}

extension Timestamp {
    /// The day of UTC, counted from 1970-01-01.
    var day: Int { whole(86_400_000_000) }
    /// The hour, counted from the same.
    var hour: Int { whole(3_600_000_000) }

    private func whole(_ length: Int64) -> Int {
        Int(microseconds >= 0 ? microseconds / length : (microseconds + 1) / length - 1)
    }
}
