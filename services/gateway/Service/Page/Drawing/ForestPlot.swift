/// Intervals with their middles, one under the other on one axis.
struct ForestPlot {
    /// What an interval says, so that colour and shape can say it.
    enum Tone: String { case good, bad, open }

    struct Row {
        let label: String
        /// At the right, above the interval.
        let figures: String
        /// Nil where there is nothing to draw.
        let value: Double?
        let interval: ClosedRange<Double>?
        let tone: Tone
    }

    /// Rows of one thing.
    struct Group {
        let title: String
        /// Under the title; nil: no line of its own.
        let subtitle: String?
        let note: String
        /// Values with a meaning, each with the style of its line.
        let bounds: [(value: Double, style: String)]
        let rows: [Row]
    }

    /// How many characters of ASCII a line of a telephone holds.
    private static let lineCharacters = 44
    private static let (titleHeight, subtitleHeight, rowHeight, axisHeight) = (34.0, 18.0, 42.0, 24.0)
    /// Axes of plots with more rows are at the top as well.
    private static let rowsOfOneAxis = 12
    /// Beside the axis.
    private static let margin = 0.03

    let groups: [Group]
    let axis: Axis
    /// Says a value of the axis.
    let label: (Double) -> String

    /// - Parameter label: says a value of the axis with so many digits after the point.
    init(_ groups: [Group], label: @escaping (Double, Int) -> String) {
        self.groups = groups
        let axis = Self.axis(groups)
        self.axis = axis
        self.label = { label($0, axis.decimals) }
    }

    /// Zero, and all intervals; but one that reaches three times as far as the middle one is cut, so that it does not
    /// press the others together.
    private static func axis(_ groups: [Group]) -> Axis {
        let extents = groups.flatMap(\.rows).map { row in
            [row.value, row.interval?.lowerBound, row.interval?.upperBound].compactMap(\.self).filter(\.isFinite)
        }.filter { !$0.isEmpty }
        let reaches = extents.map { $0.reduce(0) { max($0, abs($1)) } }.sorted()
        let limit = reaches.isEmpty ? Double.infinity : 3 * reaches[reaches.count / 2]
        let bounds = groups.flatMap { $0.bounds.map(\.value) }.filter { abs($0) <= limit }
        return Axis(covering: [0] + bounds + extents.joined().map { min(max($0, -limit), limit) })
    }

    func svg(id: String, title: String, description: String) -> String {
        let rows = groups.reduce(0) { $0 + $1.rows.count }
        let top = rows > Self.rowsOfOneAxis ? Self.axisHeight : 0
        let bottom = groups.reduce(top) { $0 + Self.headHeight($1) + Double($1.rows.count) * Self.rowHeight }
        var drawing = Drawing(height: bottom + Self.axisHeight)
        for mark in axis.marks {
            // What rounding makes of 0 may be a little beside it.
            let isZero = abs(mark) < axis.step / 2
            drawing.line(from: (across(mark), top), to: (across(mark), bottom), isZero ? "zero" : "grid")
            let text = label(isZero ? 0 : mark)
            drawing.text(text, x: across(mark), y: bottom + 16, .middle, "mark")
            if top > 0 { drawing.text(text, x: across(mark), y: top - 8, .middle, "mark") }
        }
        var y = top
        for group in groups { draw(group, &y, &drawing) }
        return drawing.svg(id: id, title: title, description: description, "plot")
    }

    private func draw(_ group: Group, _ y: inout Double, _ drawing: inout Drawing) {
        if y > Self.axisHeight { drawing.line(from: (0, y), to: (1, y), "grid") }
        let height = Self.headHeight(group)
        let room = group.subtitle == nil ? 30 : Self.lineCharacters - 4
        drawing.text(Self.shortened(group.title, to: room), x: 0, y: y + 22, .start, "title")
        if let subtitle = group.subtitle {
            let room = max(10, Self.lineCharacters - group.note.count)
            drawing.text(Self.shortened(subtitle, to: room), x: 0, y: y + height - 12, .start, "note")
        }
        drawing.text(group.note, x: 1, y: y + height - 12, .end, "note")
        y += height
        for row in group.rows {
            for bound in group.bounds where row.value != nil && axis.contains(bound.value) {
                drawing.line(from: (across(bound.value), y + 16), to: (across(bound.value), y + 36), bound.style)
            }
            draw(row, y, &drawing)
            y += Self.rowHeight
        }
    }

    private static func headHeight(_ group: Group) -> Double {
        titleHeight + (group.subtitle == nil ? 0 : subtitleHeight)
    }

    private func draw(_ row: Row, _ y: Double, _ drawing: inout Drawing) {
        let room = max(10, Self.lineCharacters - row.figures.count)
        let middle = y + 26
        if let interval = row.interval {
            drawing.bar(
                (across(interval.lowerBound), across(interval.upperBound)), y: middle - 4, height: 8, row.tone.rawValue)
            // It goes on where the drawing ends.
            if interval.lowerBound < axis.lower { drawing.text("‹", x: 0, y: middle + 5, .start, "beyond") }
            if interval.upperBound > axis.upper { drawing.text("›", x: 1, y: middle + 5, .end, "beyond") }
        }
        if let value = row.value, axis.contains(value) {
            drawing.dot(x: across(value), y: middle, radius: 6, row.tone.rawValue)
        }
        drawing.text(Self.shortened(row.label, to: room), x: 0, y: y + 13, .start, "label")
        drawing.text(row.figures, x: 1, y: y + 13, .end, "figures")
    }

    private func across(_ value: Double) -> Double { Self.margin + (1 - 2 * Self.margin) * axis.place(value) }

    static func shortened(_ text: String, to length: Int) -> String {
        text.count <= length ? text : text.prefix(length - 1) + "…"
    }
}
