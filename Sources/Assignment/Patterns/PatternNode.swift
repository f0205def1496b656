/// What a pattern says, as a tree.
indirect enum PatternNode: Sendable, Equatable {
    case one(ScalarSet)
    case check(Place)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, least: Int, most: Int?)

    /// A place in a text, between two characters.
    enum Place: Sendable, Equatable {
        case start
        case end
        case wordBoundary
        case insideOrOutsideWord

        func holds(_ scalars: [UInt32], _ position: Int) -> Bool {
            switch self {
            case .start: position == 0
            case .end: position == scalars.count
            case .wordBoundary: Place.isBoundary(scalars, position)
            case .insideOrOutsideWord: !Place.isBoundary(scalars, position)
            }
        }

        private static func isBoundary(_ scalars: [UInt32], _ position: Int) -> Bool {
            let before = position > 0 && ScalarSet.word.contains(scalars[position - 1])
            let after = position < scalars.count && ScalarSet.word.contains(scalars[position])
            return before != after
        }
    }
}

/// Some Unicode scalars.
struct ScalarSet: Sendable, Equatable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// WhiteSpace and LineTerminator of ECMA-262.
    static let space = ScalarSet(ranges: [
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    static let anythingInLine = ScalarSet(ranges: [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], isNegated: true)

    init(ranges: [ClosedRange<UInt32>], isNegated: Bool = false) {
        self.ranges = ranges
        self.isNegated = isNegated
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// The ranges of the scalars that are not in this set.
    var opposite: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

    /// The set without negation.
    var plainRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var free: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound { free.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10_FFFF { free.append(next...0x10_FFFF) }
        return free
    }

    func contains(_ scalar: UInt32, ignoringCase: Bool = false) -> Bool {
        var isIn = ranges.contains { $0.contains(scalar) }
        if ignoringCase, !isIn {
            let folded = ScalarSet.folded(scalar)
            isIn =
                ranges.contains { $0.contains(folded) || $0.contains(ScalarSet.lowered(folded)) }
                || ranges.contains { $0.count == 1 && ScalarSet.folded($0.lowerBound) == folded }
        }
        return isIn != isNegated
    }

    /// Canonicalize of ECMA-262 for patterns without the flag `u`: the upper case, where that is one scalar, and not in
    /// ASCII unless the scalar was.
    private static func folded(_ scalar: UInt32) -> UInt32 {
        guard scalar > 0x7F else { return 0x61...0x7A ~= scalar ? scalar - 0x20 : scalar }
        guard scalar <= 0xFFFF, let upper = Unicode.Scalar(scalar)?.properties.uppercaseMapping.unicodeScalars,
            upper.count == 1, let first = upper.first, first.value > 0x7F
        else { return scalar }
        return first.value
    }

    private static func lowered(_ scalar: UInt32) -> UInt32 {
        guard scalar > 0x7F else { return 0x41...0x5A ~= scalar ? scalar + 0x20 : scalar }
        guard scalar <= 0xFFFF, let lower = Unicode.Scalar(scalar)?.properties.lowercaseMapping.unicodeScalars,
            lower.count == 1, let first = lower.first, folded(first.value) == scalar
        else { return scalar }
        return first.value
    }
}
