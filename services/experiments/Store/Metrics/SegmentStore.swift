import ExperimentsAPI
import JSONRPC
import SQLite
import ServiceContract

/// A part of an experiment's units.
struct StoredSegment: Sendable {
    let number: Int64
    let attribute: String
    /// Nil: all values that have no segment of their own, and none.
    let value: String?
}

/// In which segments of an experiment a unit is.
struct UnitSegments: Sendable, Equatable {
    var numbers: [Int64] = []
    /// Whether anything was said of the unit; if not, it is in what is left of each dimension.
    var areTold = false
}

/// By which attributes the units of experiments are told apart, and which unit is where.
struct SegmentStore: Sendable {
    /// SQL for the attribute, and for the value, of the segment that a row names.
    static let attribute = "(SELECT segments.attribute FROM segments WHERE segments.number = segment)"
    static let value = "(SELECT segments.value FROM segments WHERE segments.number = segment)"

    func list(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredSegment] {
        try transaction.all(
            "SELECT number, attribute, value FROM segments WHERE experiment = :experiment ORDER BY place",
            [":experiment": experiment]
        ) { StoredSegment(number: $0.int64(0), attribute: $0.text(1), value: $0.textOrNil(2)) }
    }

    /// Makes these the dimensions of an experiment that nobody entered.
    func replace(
        _ dimensions: [SegmentDimension], of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run("DELETE FROM segments WHERE experiment = :experiment", [":experiment": experiment])
        var place = 0
        for dimension in dimensions {
            for value in dimension.values.map(Optional.some) + [nil] {
                try transaction.run(
                    """
                    INSERT INTO segments (experiment, place, attribute, value)
                    VALUES (:experiment, :place, :attribute, :value)
                    """,
                    [":experiment": experiment, ":place": place, ":attribute": dimension.attribute, ":value": value])
                place += 1
            }
        }
    }

    // MARK: Units

    func segments(
        of unit: Int64, in experiment: Int64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        try transaction.all(
            "SELECT segment FROM entry_segments WHERE unit = :unit AND experiment = :experiment",
            [":unit": unit, ":experiment": experiment]
        ) { $0.int64(0) }
    }

    /// Writes in which segments of an experiment a unit is.
    func set(
        _ segments: UnitSegments, of unit: Int64, in experiment: Int64, _ transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard !segments.numbers.isEmpty else { return }
        try transaction.run(
            "DELETE FROM entry_segments WHERE unit = :unit AND experiment = :experiment",
            [":unit": unit, ":experiment": experiment])
        for segment in segments.numbers {
            try transaction.run(
                """
                INSERT INTO entry_segments (unit, experiment, segment) VALUES (:unit, :experiment, :segment)
                """, [":unit": unit, ":experiment": experiment, ":segment": segment])
        }
    }
}
