import Foundation
import Testing

/// Lines of a file in `Golden`, which `Tests/Oracles/statistics_oracle.py` wrote: a name, arguments, and last the figure.
struct GoldenFigures {
    struct Line {
        let name: String
        let arguments: [String]
        let figure: Double
        let text: String

        /// An argument that is a number; NaN of a word.
        func number(_ place: Int) -> Double { Double(arguments[place]) ?? .nan }

        /// Arguments that are all numbers.
        var numbers: [Double] { arguments.indices.map(number) }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    private(set) var lines: [Line] = []
    /// Samples by name, from lines "data <name> <number>…".
    private(set) var samples: [String: [Double]] = [:]

    init(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name + ".txt"), encoding: .utf8)
        try self.init(cases: text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) })
    }

    /// - Parameter cases: the fields of each line.
    init(cases: [[String]]) throws {
        for fields in cases {
            let text = fields.joined(separator: " ")
            if fields[0] == "data" {
                samples[fields[1]] = try fields.dropFirst(2).map { try #require(Double($0)) }
            } else {
                let figure = try #require(fields.last.flatMap(Double.init), "\(text)")
                let arguments = Array(fields[1..<(fields.count - 1)])
                lines.append(Line(name: fields[0], arguments: arguments, figure: figure, text: text))
            }
        }
    }

    func sample(_ name: String) throws -> [Double] { try #require(samples[name], "no sample \(name)") }

    /// Holds every line whose name begins so against what the kernel computes of it.
    ///
    /// - Parameters:
    ///   - prefix: at least one line has it.
    ///   - relative: error allowed, of the figure.
    ///   - absolute: error allowed beside that.
    ///   - compute: nil for a name that it does not know, which is an error.
    func expect(
        _ prefix: String, relative: Double, absolute: Double = 0, _ compute: (Line) throws -> Double?
    ) throws {
        let lines = lines.filter { $0.name.hasPrefix(prefix) }
        #expect(!lines.isEmpty, "no line of \(prefix)")
        for line in lines {
            let value = try #require(try compute(line), "no such function: \(line.text)")
            let isNear = abs(value - line.figure) <= relative * abs(line.figure) + absolute
            #expect(isNear || value == line.figure, "\(value) instead of \(line.text)")
        }
    }
}
