import Foundation
import Testing

/// Lines of a file in `Golden`, which `Tests/Oracles/statistics_oracle.py` wrote: a name, arguments, and last the figure.
struct GoldenFigures {
    struct Line {
        let name: String
        let arguments: [Double]
        let figure: Double
        let text: String
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let lines: [Line]

    init(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name + ".txt"), encoding: .utf8)
        lines = try text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            let numbers = try fields.dropFirst().map { try #require(Double($0), "\(line)") }
            return Line(
                name: String(fields[0]), arguments: numbers.dropLast(), figure: try #require(numbers.last),
                text: String(line))
        }
    }

    /// Holds every line against what the kernel computes of it.
    ///
    /// - Parameters:
    ///   - relative: error allowed, of the figure.
    ///   - absolute: error allowed beside that.
    ///   - compute: nil for a name that it does not know, which is an error.
    func expect(relative: Double, absolute: Double = 0, _ compute: (Line) throws -> Double?) throws {
        #expect(!lines.isEmpty)
        for line in lines {
            let value = try #require(try compute(line), "no such function: \(line.text)")
            let isNear = abs(value - line.figure) <= relative * abs(line.figure) + absolute
            #expect(isNear || value == line.figure, "\(value) instead of \(line.text)")
        }
    }

    func named(_ name: String) -> GoldenFigures { GoldenFigures(lines: lines.filter { $0.name == name }) }

    private init(lines: [Line]) { self.lines = lines }
}
