/// A version in the form in which GrowthBook compares versions: "v1.9.0-rc.1+build" is "    1-    9-    0-rc-    1".
///
/// The leading "v" and the build are left out, the parts between dots and hyphens are joined by hyphens, digits are
/// padded to five columns, and a version of just three parts gets "~", which sorts behind any pre-release. Padded texts
/// are compared by UTF-16 code units (`paddedVersionString` of the JavaScript SDK). Only ASCII digits are digits.
struct VersionText: Sendable, Equatable {
    /// UTF-16 code units.
    private let padded: [UInt16]

    private static let columns = 5

    /// Nil unless `value` is a text or a number.
    init?(_ value: AttributeValue) {
        switch value {
        case .string(let text): self.init(text)
        case .number(let number): self.init(number.textInJavaScript)
        default: return nil
        }
    }

    init(_ text: String) {
        var units = Array((text.isEmpty ? "0" : text).utf16)
        // The build goes up to the end, and a line's end is in its way: so it does in the reference's expression.
        let lastLine = units.lastIndex { [0x0A, 0x0D, 0x2028, 0x2029].contains($0) }.map { $0 + 1 } ?? 0
        if let build = units[lastLine...].firstIndex(of: 0x2B) { units.removeSubrange(build...) }
        if units.first == 0x76 { units.removeFirst() }
        var padded: [UInt16] = []
        padded.reserveCapacity(units.count + 4 * VersionText.columns)
        let parts = units.split(omittingEmptySubsequences: false) { $0 == 0x2D || $0 == 0x2E }
        for part in parts {
            if !padded.isEmpty || part.startIndex > 0 { padded.append(0x2D) }
            if !part.isEmpty, part.allSatisfy({ 0x30...0x39 ~= $0 }) {
                for _ in 0..<max(0, VersionText.columns - part.count) { padded.append(0x20) }
            }
            padded += part
        }
        if parts.count == 3 { padded += [0x2D, 0x7E] }
        self.padded = padded
    }

    func precedes(_ other: VersionText) -> Bool { padded.lexicographicallyPrecedes(other.padded) }
}
