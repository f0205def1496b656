/// A version in the form in which GrowthBook compares versions: "v1.9.0-rc.1+build" is "    1-    9-    0-rc-    1".
///
/// The leading "v" and the build are left out, the parts between dots and hyphens are joined by hyphens, digits are
/// padded to five columns, and a version of just three parts gets "~", which sorts behind any pre-release. Padded texts
/// are compared by UTF-16 code units (`paddedVersionString` of the JavaScript SDK). Only ASCII digits are digits.
struct VersionText: Sendable, Equatable {
    let padded: String

    /// Nil unless `value` is a text or a number.
    init?(_ value: AttributeValue) {
        switch value {
        case .string(let text): self.init(text)
        case .number(let number): self.init(number.textInJavaScript)
        default: return nil
        }
    }

    init(_ text: String) {
        var scalars = Array((text.isEmpty ? "0" : text).unicodeScalars)
        if scalars.first == "v" { scalars.removeFirst() }
        // The build goes up to the end, and a line's end is in its way: so it does in the reference's expression.
        let lastLine = scalars.lastIndex { ["\n", "\r", "\u{2028}", "\u{2029}"].contains($0) }.map { $0 + 1 } ?? 0
        if let build = scalars[lastLine...].firstIndex(of: "+") { scalars.removeSubrange(build...) }
        var parts = scalars.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "." }.map { part in
            var text = String(String.UnicodeScalarView(part))
            if !part.isEmpty, part.allSatisfy({ "0"..."9" ~= $0 }) {
                text = String(repeating: " ", count: max(0, 5 - part.count)) + text
            }
            return text
        }
        if parts.count == 3 { parts.append("~") }
        padded = parts.joined(separator: "-")
    }

    static func == (left: VersionText, right: VersionText) -> Bool { left.padded.isExactly(right.padded) }

    func precedes(_ other: VersionText) -> Bool { padded.precedesInJavaScript(other.padded) }
}
