/// Rows under headings, each column as wide as its widest cell.
struct TextTable {
    enum Alignment { case left, right }

    struct Column {
        let heading: String
        let alignment: Alignment

        init(_ heading: String, _ alignment: Alignment = .left) {
            self.heading = heading
            self.alignment = alignment
        }
    }

    private static let gap = "  "
    /// What a column keeps when the terminal is too narrow for all of them.
    private static let minimumWidth = 8

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    /// Appends a row; a missing cell is empty.
    mutating func add(_ cells: [String?]) {
        rows.append(columns.indices.map { $0 < cells.count ? (cells[$0] ?? "").withoutControlCharacters : "" })
    }

    /// Lines that end in a line feed.
    ///
    /// - Parameter width: columns of the terminal: the widest cells are shortened until every line fits. Nil: nothing
    ///   is shortened.
    func text(width: Int? = nil) -> String {
        let widths = widths(within: width)
        return ([columns.map(\.heading)] + rows).map { line($0, widths) }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(zip(cells, widths), columns).map { cell, column in
            cell.0.shortened(to: cell.1).padded(to: cell.1, alignment: column.alignment)
        }
        var line = padded.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private func widths(within limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
        }
        guard let limit else { return widths }
        let room = limit - Self.gap.count * (columns.count - 1)
        while widths.reduce(0, +) > room, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.minimumWidth
        {
            widths[widest] -= 1
        }
        return widths
    }
}
