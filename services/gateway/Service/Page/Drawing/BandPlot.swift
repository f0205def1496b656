/// A line with a band about it, over days.
struct BandPlot {
    struct Point {
        /// A number of days.
        let day: Int
        /// Nil where nothing is known.
        let value: Double?
        let interval: ClosedRange<Double>?
    }

    private static let (top, bottom, axisHeight) = (10.0, 170.0, 24.0)
    private static let (left, right) = (0.15, 0.97)
    /// Days from one mark to the next.
    private static let steps = [1, 2, 3, 5, 7, 14, 28, 91, 182, 364, 728]
    private static let maximumMarks = 6

    /// By ascending days.
    let points: [Point]
    let axis: Axis
    /// Says a value of the axis with so many digits after the point.
    let label: (Double, Int) -> String
    /// Says a day.
    let dayLabel: (Int) -> String

    /// An axis for some plots beside each other: zero, all lines, and the bands as far as three times the last ones
    /// reach. What is known on the first days may be anything.
    static func axis(of plots: [[Point]]) -> Axis {
        let lasts = plots.compactMap { points in points.last { $0.interval != nil }?.interval }
        let reach = lasts.reduce(0) { max($0, abs($1.lowerBound), abs($1.upperBound)) }
        let limit = reach > 0 ? 3 * reach : .infinity
        let values = plots.joined().flatMap { point in
            [point.value, point.interval?.lowerBound, point.interval?.upperBound].compactMap(\.self)
        }
        return Axis(covering: [0] + values.filter(\.isFinite).map { min(max($0, -limit), limit) }, marks: 5)
    }

    func svg(id: String, title: String, description: String) -> String {
        var drawing = Drawing(height: Self.bottom + Self.axisHeight)
        for mark in axis.marks {
            let isZero = abs(mark) < axis.step / 2
            drawing.line(from: (Self.left, down(mark)), to: (1, down(mark)), isZero ? "zero" : "grid")
            drawing.text(
                label(isZero ? 0 : mark, axis.decimals), x: Self.left - 0.02, y: down(mark) + 4, .end, "mark")
        }
        for day in marks {
            drawing.text(dayLabel(day), x: across(day), y: Self.bottom + 18, .middle, "mark")
        }
        for run in runs({ $0.interval != nil }) { drawBand(run, &drawing) }
        for run in runs({ $0.value != nil }) {
            let line = run.compactMap { point in point.value.map { (x: across(point.day), y: down($0)) } }
            drawing.path(line, "line")
            if run.count == 1, let only = line.first { drawing.dot(x: only.x, y: only.y, radius: 3, "line") }
        }
        if let last = points.last(where: { $0.value != nil }), let value = last.value {
            drawing.dot(x: across(last.day), y: down(value), radius: 5, "line")
        }
        return drawing.svg(id: id, title: title, description: description, "plot")
    }

    private func drawBand(_ run: ArraySlice<Point>, _ drawing: inout Drawing) {
        let ends = run.compactMap { point in
            point.interval.map { (x: across(point.day), upper: down($0.upperBound), lower: down($0.lowerBound)) }
        }
        if ends.count == 1, let only = ends.first {
            return drawing.line(from: (only.x, only.upper), to: (only.x, only.lower), "band")
        }
        drawing.path(
            ends.map { ($0.x, $0.upper) } + ends.reversed().map { ($0.x, $0.lower) }, isClosed: true, "band")
    }

    /// Points next to each other of which something holds.
    private func runs(_ holds: (Point) -> Bool) -> [ArraySlice<Point>] {
        points.split { !holds($0) }
    }

    /// Days with a mark: few enough for a telephone.
    private var marks: [Int] {
        guard let first = points.first?.day, let last = points.last?.day else { return [] }
        let step = Self.steps.first { (last - first) / $0 < Self.maximumMarks } ?? max(1, last - first)
        return Array(stride(from: first, through: last, by: step))
    }

    private func across(_ day: Int) -> Double {
        guard let first = points.first?.day, let last = points.last?.day, last > first else {
            return (Self.left + Self.right) / 2
        }
        let (begin, end) = (Self.left + 0.03, Self.right)
        return begin + (end - begin) * Double(day - first) / Double(last - first)
    }

    private func down(_ value: Double) -> Double {
        Self.bottom - (Self.bottom - Self.top) * axis.place(value)
    }
}
