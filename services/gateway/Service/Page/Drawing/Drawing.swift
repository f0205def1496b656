/// A drawing in SVG, of lines, bars, dots and text.
///
/// Across, places are shares of the width from 0 to 1; down they are pixels. So a drawing fills the room there is, and
/// its text keeps its size, on a telephone as on a desk. How things look is said by classes. Whatever is no finite number
/// is not drawn, what lies beside the drawing is moved to its edge, and text is escaped.
struct Drawing {
    enum Anchor: String { case start, middle, end }

    private let height: Double
    private var body: [String] = []

    /// - Parameter height: in pixels.
    init(height: Double) { self.height = height.isFinite ? max(height, 1) : 1 }

    mutating func text(_ text: String, x: Double, y: Double, _ anchor: Anchor = .start, _ style: String = "") {
        guard let x = Self.across(x), let y = Self.number(y) else { return }
        body.append(
            "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\"\(Self.class(style))>"
                + "\(HTMLText.escaped(text))</text>")
    }

    mutating func line(from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ style: String = "") {
        guard let x1 = Self.across(start.x), let y1 = Self.number(start.y), let x2 = Self.across(end.x),
            let y2 = Self.number(end.y)
        else { return }
        body.append("<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\"\(Self.class(style))/>")
    }

    /// A bar that lies.
    mutating func bar(_ x: (from: Double, to: Double), y: Double, height: Double, _ style: String = "") {
        guard x.from.isFinite, x.to.isFinite, height.isFinite else { return }
        let (from, to) = (Self.inside(min(x.from, x.to)), Self.inside(max(x.from, x.to)))
        guard let start = Self.across(from), let width = Self.across(to - from), let y = Self.number(y),
            let height = Self.number(max(height, 0))
        else { return }
        body.append("<rect x=\"\(start)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\"\(Self.class(style))/>")
    }

    mutating func dot(x: Double, y: Double, radius: Double, _ style: String = "") {
        guard radius.isFinite, let x = Self.across(x), let y = Self.number(y), let radius = Self.number(max(radius, 0))
        else { return }
        body.append("<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\"\(Self.class(style))/>")
    }

    /// A line through points, or the area that it encloses.
    mutating func path(_ points: [(x: Double, y: Double)], isClosed: Bool = false, _ style: String = "") {
        let steps = points.compactMap { point -> String? in
            guard point.x.isFinite, let y = Self.number(point.y) else { return nil }
            return "\(Self.rounded(Self.inside(point.x) * 1_000)) \(y)"
        }
        guard steps.count > 1, steps.count == points.count, let height = Self.number(height) else { return }
        // Places of a path are plain numbers: a picture in the picture stretches it.
        body.append(
            "<svg width=\"100%\" height=\"\(height)\" viewBox=\"0 0 1000 \(height)\" preserveAspectRatio=\"none\">"
                + "<path d=\"M\(steps.joined(separator: "L"))\(isClosed ? "Z" : "")\"\(Self.class(style))/></svg>")
    }

    /// Says what it is before what it looks like.
    ///
    /// - Parameters:
    ///   - id: of this drawing in its page: letters, digits, hyphens.
    ///   - description: what the drawing says, for whoever does not see it.
    func svg(id: String, title: String, description: String, _ style: String = "") -> String {
        let (id, height) = (HTMLText.escaped(id), Self.number(height) ?? "1")
        return """
            <svg width="100%" height="\(height)" role="img" aria-labelledby="\(id)-title" \
            aria-describedby="\(id)-description"\(Self.class(style))>\
            <title id="\(id)-title">\(HTMLText.escaped(title))</title>\
            <desc id="\(id)-description">\(HTMLText.escaped(description))</desc>
            \(body.joined(separator: "\n"))
            </svg>
            """
    }

    // MARK: Numbers

    private static func inside(_ share: Double) -> Double { min(max(share, 0), 1) }

    private static func across(_ share: Double) -> String? {
        share.isFinite ? "\(rounded(inside(share) * 100))%" : nil
    }

    private static func number(_ pixels: Double) -> String? {
        pixels.isFinite ? "\(rounded(min(max(pixels, -100_000), 100_000)))" : nil
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func `class`(_ style: String) -> String {
        style.isEmpty ? "" : " class=\"\(HTMLText.escaped(style))\""
    }
}

/// A straight scale: from values to places between 0 and 1, with marks at round values.
struct Axis: Equatable {
    let lower: Double
    let upper: Double
    /// From one mark to the next: 1, 2 or 5 times a power of ten.
    let step: Double

    /// Covers the values, from the least to the greatest.
    ///
    /// Paul Heckbert, "Nice Numbers for Graph Labels", Graphics Gems (1990), with the least step that leaves few enough
    /// marks.
    ///
    /// - Parameter marks: at most so many, at least 3.
    init(covering values: [Double], marks: Int = 6) {
        let values = values.filter(\.isFinite).map { min(max($0, -1e300), 1e300) }
        var (lower, upper) = (values.min() ?? 0, values.max() ?? 0)
        if !(upper - lower > max(abs(upper) * 1e-9, 1e-280)) {
            // One value, or none.
            let reach = abs(lower) > 1e-270 ? abs(lower) / 2 : 1
            (lower, upper) = (lower - reach, upper + reach)
        }
        var power = 1.0
        while power * 10 <= upper - lower { power *= 10 }
        while power > upper - lower { power /= 10 }
        power /= 10
        var step = power
        search: while true {
            for factor in [1.0, 2, 5] {
                step = factor * power
                if Self.last(upper, step) - Self.first(lower, step) < Double(max(marks, 3)) { break search }
            }
            power *= 10
        }
        (self.lower, self.upper, self.step) = (lower, upper, step)
    }

    /// The marks, ascending: multiples of the step.
    var marks: [Double] {
        stride(from: Self.first(lower, step), through: Self.last(upper, step), by: 1).map { $0 * step }
    }

    /// The first multiple of a step; a hair before the end counts as at the end.
    private static func first(_ lower: Double, _ step: Double) -> Double { (lower / step - 1e-6).rounded(.up) }

    private static func last(_ upper: Double, _ step: Double) -> Double { (upper / step + 1e-6).rounded(.down) }

    /// Digits after the point that tell marks apart, up to 15.
    var decimals: Int {
        var (digits, unit) = (0, step)
        while unit < 0.999, digits < 15 {
            unit *= 10
            digits += 1
        }
        return digits
    }

    func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

    /// Where a value lies; beyond the ends, at the end.
    func place(_ value: Double) -> Double { (min(max(value, lower), upper) - lower) / (upper - lower) }
}
