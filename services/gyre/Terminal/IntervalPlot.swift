/// Intervals as text, one under the other, on one axis with zero in it: `···├──●──┤·│·····`.
struct IntervalPlot {
    /// Characters of the axis.
    static let width = 41

    private let lower: Double
    private let upper: Double

    /// - Parameter intervals: all that are to be drawn; the axis is symmetric about zero.
    init(_ intervals: [(lower: Double, upper: Double)]) {
        let reach = intervals.reduce(0) { max($0, abs($1.lower), abs($1.upper)) }
        lower = reach > 0 && reach.isFinite ? -reach : -1
        upper = -lower
    }

    /// An axis from zero to the greatest of these, for shares.
    init(upTo ends: [Double]) {
        lower = 0
        upper = max(ends.max() ?? 0, .leastNormalMagnitude)
    }

    /// - Parameters:
    ///   - value: drawn as a dot.
    ///   - interval: nil draws the dot alone.
    func line(_ value: Double, _ interval: (lower: Double, upper: Double)?) -> String {
        var cells = Array(repeating: Character("·"), count: Self.width)
        if let interval {
            let (from, to) = (place(interval.lower), place(interval.upper))
            for cell in from...max(from, to) { cells[cell] = "─" }
            cells[from] = "├"
            cells[max(from, to)] = "┤"
        }
        let zero = place(0)
        cells[zero] = cells[zero] == "─" ? "┼" : cells[zero] == "·" ? "│" : cells[zero]
        cells[place(value)] = "●"
        return String(cells)
    }

    private func place(_ value: Double) -> Int {
        let share = (min(max(value, lower), upper) - lower) / (upper - lower)
        return Int((share * Double(Self.width - 1)).rounded())
    }
}
