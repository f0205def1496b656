extension String {
    /// The text with every control character replaced, so that data from outside cannot move the cursor, recolour the
    /// terminal or break a line.
    var withoutControlCharacters: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars { text.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        return text
    }

    /// The same for text of several lines: line feeds stay.
    var withoutTerminalControl: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutControlCharacters }
            .joined(separator: "\n")
    }

    /// At most `width` characters; what is longer ends in an ellipsis.
    func shortened(to width: Int) -> String {
        guard count > width else { return self }
        return width < 1 ? "" : prefix(width - 1) + "…"
    }

    func padded(to width: Int, alignment: TextTable.Alignment = .left) -> String {
        let blank = String(repeating: " ", count: max(0, width - count))
        return alignment == .left ? self + blank : blank + self
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: true
        default: false
        }
    }
}

extension BinaryInteger {
    /// With a comma every three digits: 69,659.
    var grouped: String {
        var text = ""
        let digits = String(magnitude)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + text
    }

    /// With its noun: "1 row", "2 rows".
    func counted(_ singular: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? singular : plural ?? singular + "s")"
    }
}

/// Sizes for people: "512 bytes", "1.7 MB".
func readableBytes(_ count: Int) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard count >= 1_000 else { return count.counted("byte") }
    var tenths = count / 100
    var unit = 0
    while tenths >= 10_000, unit < units.count - 1 { (tenths, unit) = (tenths / 1_000, unit + 1) }
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// Stretches of time for people: "7 s", "3 min 20 s", "2 h 5 min", "4 d 3 h".
func readableDuration(_ seconds: Int) -> String {
    switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    default: "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
    }
}
