import Foundation
import FoundationXML
import Testing

@testable import GatewayService

@Suite struct AxisTests {
    @Test(
        "An axis reaches from the least to the greatest value, with as many round marks as there is room",
        arguments: [
            ([0, 1], 6, [0, 0.2, 0.4, 0.6, 0.8, 1], 1), ([-3.2, 7.9], 6, [-2, 0, 2, 4, 6], 0),
            ([-3.2, 7.9], 4, [0, 5], 0), ([0, 0.05], 6, [0, 0.01, 0.02, 0.03, 0.04, 0.05], 2),
            ([120, 1_340], 4, [500, 1_000], 0), ([-1, 1], 3, [-1, 0, 1], 0), ([5], 6, [3, 4, 5, 6, 7], 0),
            ([], 3, [-1, 0, 1], 0), ([.nan, .infinity, -.infinity, 0, 1], 3, [0, 0.5, 1], 1),
            ([0.3, -0.1], 6, [-0.1, 0, 0.1, 0.2, 0.3], 1),
        ] as [([Double], Int, [Double], Int)])
    func marks(values: [Double], marks: Int, expected: [Double], decimals: Int) {
        let axis = Axis(covering: values, marks: marks)
        #expect(axis.marks.count == expected.count, "\(axis.marks)")
        for (mark, value) in zip(axis.marks, expected) { #expect(abs(mark - value) < 1e-9, "\(axis.marks)") }
        #expect(axis.decimals == decimals)
        let finite = values.filter(\.isFinite)
        if finite.count > 1 { #expect(axis.lower == finite.min() && axis.upper == finite.max()) }
    }

    @Test("Whatever the values, an axis covers them with few round marks, and every place is between 0 and 1")
    func everything() {
        var generator = SystemRandomNumberGenerator()
        let extremes: [[Double]] = [
            [1e300, -1e300], [.greatestFiniteMagnitude, 0], [.leastNonzeroMagnitude, 0], [1e-300, 2e-300],
            [1e15, 1e15 + 1], [-5, -5], [0], [.nan], [1, 1 + .ulpOfOne],
        ]
        let drawn = (0..<2_000).map { _ in
            (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Double.random(in: -1...1, using: &generator) * exp(Double.random(in: -40...40, using: &generator))
            }
        }
        for values in extremes + drawn {
            for count in 3...8 {
                let axis = Axis(covering: values, marks: count)
                let range = "\(values) \(axis)"
                #expect(axis.lower < axis.upper && axis.step > 0 && axis.step.isFinite, "\(range)")
                #expect((1...count).contains(axis.marks.count), "\(range)")
                let lead = axis.step / pow(10, log10(axis.step * 1.000_001).rounded(.down))
                #expect([1, 2, 5].contains { abs(lead - $0) < 1e-6 }, "\(range) \(lead)")
                for value in values where value.isFinite && abs(value) <= 1e300 {
                    #expect(axis.lower <= value && value <= axis.upper, "\(range)")
                }
                for value in values + axis.marks + [-.infinity, .infinity] where !value.isNaN {
                    #expect((0...1).contains(axis.place(value)), "\(range) \(value)")
                }
                #expect((0...15).contains(axis.decimals))
            }
        }
    }

    @Test("Places follow values, and stop at the ends")
    func places() {
        let axis = Axis(covering: [-10, 10], marks: 5)
        #expect([-10, -5, 0, 10, 99, -99].map { axis.place($0) } == [0, 0.25, 0.5, 1, 1, 0])
        #expect(axis.contains(10) && !axis.contains(10.1) && !axis.contains(.nan))
    }
}

@Suite struct DrawingTests {
    private func svg(_ draw: (inout Drawing) -> Void) -> String {
        var drawing = Drawing(height: 100)
        draw(&drawing)
        return drawing.svg(id: "d", title: "T", description: "D")
    }

    @Test("Numbers become places: shares of the width, pixels of the height")
    func places() {
        let text = svg {
            $0.line(from: (0, 1), to: (0.5, 2), "grid")
            $0.bar((0.25, 0.75), y: 10, height: 8)
            $0.dot(x: 1.0 / 3, y: 5, radius: 2)
            $0.text("a", x: 1, y: 3, .end, "mark")
            $0.path([(0, 1), (0.5, 2), (1, 3)], isClosed: true, "band")
        }
        for part in [
            #"<line x1="0.0%" y1="1.0" x2="50.0%" y2="2.0" class="grid"/>"#,
            #"<rect x="25.0%" y="10.0" width="50.0%" height="8.0"/>"#, #"<circle cx="33.33%" cy="5.0" r="2.0"/>"#,
            #"<text x="100.0%" y="3.0" text-anchor="end" class="mark">a</text>"#,
            #"viewBox="0 0 1000 100.0" preserveAspectRatio="none">"#,
            #"<path d="M0.0 1.0L500.0 2.0L1000.0 3.0Z" class="band"/>"#,
        ] { #expect(text.contains(part), "\(part) in \(text)") }
    }

    @Test("What is no number is not drawn, no width is negative, and nothing lies beside the drawing")
    func numbers() {
        for bad in [Double.nan, .infinity, -.infinity] {
            let text = svg {
                $0.line(from: (bad, 0), to: (1, 1))
                $0.line(from: (0, 0), to: (1, bad))
                $0.bar((bad, 1), y: 0, height: 1)
                $0.bar((0, 1), y: 0, height: bad)
                $0.dot(x: 0, y: bad, radius: 1)
                $0.dot(x: 0, y: 0, radius: bad)
                $0.text("a", x: bad, y: 0)
                $0.path([(0, 0), (0.5, bad), (1, 0)])
                $0.path([(bad, 0), (0.5, 0), (1, 0)])
            }
            #expect(
                !text.contains("nan") && !text.contains("inf") && !text.contains("<line") && !text.contains("<path"))
            #expect(!text.contains("<rect") && !text.contains("<circle") && !text.contains("<text"))
        }
        let text = svg {
            $0.bar((0.75, 0.25), y: 0, height: -3)
            $0.bar((-2, 7), y: 0, height: 1)
            $0.dot(x: 9, y: 1e30, radius: -1)
            $0.path([(0.5, 0)])
        }
        #expect(text.contains(#"x="25.0%" y="0.0" width="50.0%" height="0.0""#))
        #expect(
            text.contains(#"x="0.0%" y="0.0" width="100.0%""#) && text.contains(#"cx="100.0%" cy="100000.0" r="0.0""#))
        #expect(!text.contains("<path") && !text.contains("\"-"))
        #expect(Drawing(height: .nan).svg(id: "", title: "", description: "").contains("height=\"1.0\""))
    }

    @Test("Text is escaped wherever it stands, and the drawing says what it is", arguments: Hostile.texts)
    func escaping(hostile: String) {
        var drawing = Drawing(height: 10)
        drawing.text(hostile, x: 0, y: 0, .start, hostile)
        let text = drawing.svg(id: hostile, title: hostile, description: hostile, hostile)
        #expect(!text.contains("<script") && !text.contains("\" on"))
        #expect(
            text.contains("role=\"img\" aria-labelledby=") && text.contains("<title id=") && text.contains("<desc id="))
        #expect(Hostile.elements(text) == ["svg", "title", "desc", "text"])
    }
}

@Suite struct PlotTests {
    private func forest(_ rows: [(Double?, ClosedRange<Double>?)], bounds: [Double] = []) -> ForestPlot {
        let group = ForestPlot.Group(
            title: "orders", subtitle: nil, note: "goal", bounds: bounds.map { ($0, "margin") },
            rows: rows.map { .init(label: "new", figures: "f", value: $0, interval: $1, tone: .good) })
        return ForestPlot([group]) { value, digits in "\(value)/\(digits)" }
    }

    @Test("A group with a second line in its head is taller by it, and both lines have room")
    func subtitle() {
        let long = String(repeating: "n", count: 200)
        let plots = [nil, long].map { subtitle in
            ForestPlot(
                [
                    .init(
                        title: long, subtitle: subtitle, note: "guardrail, higher is better", bounds: [],
                        rows: [.init(label: "new", figures: "f", value: 1, interval: 0...2, tone: .good)])
                ]
            ) { value, _ in "\(value)" }.svg(id: "s", title: "T", description: "D")
        }
        #expect(plots[0].contains("height=\"100.0\"") && plots[1].contains("height=\"118.0\""))
        #expect(plots[0].contains(String(repeating: "n", count: 29) + "…<"))
        #expect(plots[1].contains(String(repeating: "n", count: 39) + "…<"))
        #expect(plots[1].contains(String(repeating: "n", count: 16) + "…<"))
    }

    @Test("All intervals share an axis with zero on it, in which they are bars and points")
    func forest() {
        let plot = forest([(2, 1...3), (4, 3...5)], bounds: [-1])
        #expect(plot.axis.lower <= -1 && plot.axis.upper >= 5)
        let text = plot.svg(id: "e", title: "T", description: "D")
        #expect(Hostile.elements(text).filter { $0 == "rect" }.count == 2)
        #expect(Hostile.elements(text).filter { $0 == "circle" }.count == 2)
        #expect(text.contains("class=\"zero\"") && text.contains("class=\"margin\"") && !text.contains("beyond"))
    }

    @Test("One interval that reaches far goes on beyond the axis, and leaves the others their room")
    func outlier() {
        let plot = forest([(2, 1...3), (3, 1...4), (500, -2_000...3_000)], bounds: [-900])
        #expect(plot.axis.upper < 10_000 && plot.axis.upper >= 4)
        let three = forest([(1, 0.5...1.5), (1, 0.5...1.5), (1, 0.5...1.5), (500, -2_000...3_000)], bounds: [-900])
        #expect(three.axis.upper == 4.5 && three.axis.lower == -4.5)
        let text = three.svg(id: "e", title: "T", description: "D")
        #expect(text.contains(">‹</text>") && text.contains(">›</text>"))
        // The point beyond is not drawn at the edge, where it would lie about its value.
        #expect(Hostile.elements(text).filter { $0 == "circle" }.count == 3)
        #expect(!text.contains("class=\"margin\""))
    }

    @Test("A row without figures is words only, a plot of such rows is still one, and long names are cut")
    func words() {
        let text = forest([(nil, nil)]).svg(id: "e", title: "T", description: "D")
        #expect(!text.contains("<rect") && !text.contains("<circle") && !text.contains("nan"))
        #expect(ForestPlot([]) { value, _ in "\(value)" }.svg(id: "e", title: "", description: "").contains("zero"))
        #expect(ForestPlot.shortened("abcdef", to: 6) == "abcdef" && ForestPlot.shortened("abcdefg", to: 6) == "abcde…")
    }

    private func band(_ points: [(Int, Double?, ClosedRange<Double>?)]) -> String {
        let points = points.map { BandPlot.Point(day: $0.0, value: $0.1, interval: $0.2) }
        let plot = BandPlot(
            points: points, axis: BandPlot.axis(of: [points]), label: { value, _ in "\(value)" },
            dayLabel: { "day\($0)" })
        return plot.svg(id: "e", title: "T", description: "D")
    }

    @Test("A line and its band break where nothing is known; one day alone is a dot with a bar")
    func band() {
        let whole = band([(1, 1, 0...2), (2, 1, 0...2), (3, 1, 0.5...1.5)])
        #expect(whole.components(separatedBy: "class=\"band\"").count == 2)
        #expect(whole.contains("day1<") && whole.contains("day3<"))
        let broken = band([(1, 1, 0...2), (2, 1, 0...2), (3, nil, nil), (4, 1, 0...2), (5, 2, nil)])
        #expect(broken.components(separatedBy: "<path").count == 4)
        #expect(broken.components(separatedBy: "class=\"band\"").count == 3)
        #expect(broken.components(separatedBy: "class=\"line\"").count == 4)
        let one = band([(7, 1, 0...2)])
        #expect(!one.contains("<path") && one.contains("class=\"band\"") && one.contains("<circle"))
        for text in [band([]), band([(1, nil, nil)]), band([(1, .nan, nil), (2, .infinity, nil)])] {
            #expect(!text.contains("nan") && !text.contains("inf"))
        }
    }

    @Test("The wide bands of the first days do not press the rest together")
    func firstDays() {
        let points = [
            BandPlot.Point(day: 1, value: 50, interval: -900...1_000), .init(day: 2, value: 2, interval: 1...3),
        ]
        #expect(BandPlot.axis(of: [points]).upper == 9 && BandPlot.axis(of: [points]).lower == -9)
    }

    @Test("However many days there are, few have marks", arguments: [1, 2, 5, 14, 29, 100, 400, 4_000])
    func days(count: Int) {
        let text = band((0..<count).map { ($0, 1, 0...2) })
        #expect((1...6).contains(text.components(separatedBy: ">day").count - 1))
        #expect(text.contains(">day0<"))
    }
}

/// What somebody writes who would break a page.
enum Hostile {
    static let texts = [
        "<script>alert(1)</script>", "\" onload=\"alert(1)", "' onload='alert(1)", "</svg><script>", "&lt;b&gt;", "]]>",
        // A quote with an accent upon it is one character, and ends an attribute all the same.
        "\"\u{301} onload=alert(1) x=", "<\u{338}script>", "{{name}}{{{name}}}",
    ]

    /// The names of the elements of well-formed XML; empty where it is none.
    static func elements(_ text: String) -> [String] {
        final class Names: NSObject, XMLParserDelegate {
            var names: [String] = []

            func parser(
                _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
                attributes: [String: String]
            ) { names.append(name) }
        }
        let names = Names()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = names
        return parser.parse() ? names.names : []
    }
}
