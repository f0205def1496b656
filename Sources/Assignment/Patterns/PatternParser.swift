/// Reads the text of a ``Pattern``.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    init(_ text: String) throws(AssignmentError) {
        scalars = Array(text.unicodeScalars)
        guard scalars.count <= Pattern.maximumLength else {
            throw AssignmentError(
                pointer: "", message: "must be a pattern of at most \(Pattern.maximumLength) characters")
        }
    }

    mutating func parse() throws(AssignmentError) -> PatternNode {
        let node = try choice()
        guard index == scalars.count else { throw failure("this ')' closes nothing; write '\\)' for the character") }
        return node
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func failure(_ reason: String, at place: Int? = nil) -> AssignmentError {
        AssignmentError(pointer: "", message: "is no pattern: at character \((place ?? index) + 1), \(reason)")
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    private mutating func choice() throws(AssignmentError) -> PatternNode {
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(AssignmentError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let start = index
            let node = try atom(scalar)
            guard let (least, most) = try quantifier() else {
                nodes.append(node)
                continue
            }
            if case .check = node { throw failure("a place between characters cannot be repeated", at: start) }
            nodes.append(.repetition(node, least: least, most: most))
        }
        return .sequence(nodes)
    }

    private mutating func atom(_ scalar: Unicode.Scalar) throws(AssignmentError) -> PatternNode {
        switch scalar {
        case "(": return try group()
        case "[":
            index += 1
            return .one(try set())
        case "\\":
            index += 1
            return try escape()
        case "*", "+", "?": throw failure("there is nothing to repeat; write '\\\(scalar)' for the character")
        case "{" where bounds() != nil: throw failure("there is nothing to repeat; write '\\{' for the character")
        default: break
        }
        index += 1
        switch scalar {
        case ".": return .one(.anythingInLine)
        case "^": return .check(.start)
        case "$": return .check(.end)
        default: return .one(ScalarSet(scalar))
        }
    }

    private mutating func group() throws(AssignmentError) -> PatternNode {
        let start = index
        index += 1
        if take("?"), !take(":") {
            guard take("<"), let first = next, first != "=", first != "!",
                let end = scalars[index...].firstIndex(of: ">")
            else {
                throw failure(
                    "nothing can look ahead or behind, and there are no flags; '(?:…)' and '(?<name>…)' group",
                    at: start)
            }
            index = end + 1
        }
        depth += 1
        guard depth <= Pattern.maximumDepth else {
            throw failure("groups are more than \(Pattern.maximumDepth) deep", at: start)
        }
        let node = try choice()
        depth -= 1
        guard take(")") else { throw failure("this '(' is never closed", at: start) }
        return node
    }

    /// What is repeated how often, if something says so next.
    private mutating func quantifier() throws(AssignmentError) -> (least: Int, most: Int?)? {
        let found: (least: Int, most: Int?)
        switch next {
        case "*":
            index += 1
            found = (0, nil)
        case "+":
            index += 1
            found = (1, nil)
        case "?":
            index += 1
            found = (0, 1)
        case "{":
            guard let bounds = bounds() else { return nil }
            guard bounds.least <= bounds.most ?? .max,
                max(bounds.least, bounds.most ?? 0) <= Pattern.maximumInstructions
            else {
                throw failure("must repeat {m,n} times with m ≤ n ≤ \(Pattern.maximumInstructions)")
            }
            index = bounds.end
            found = (bounds.least, bounds.most)
        default: return nil
        }
        // A lazy repetition matches the same texts.
        _ = take("?")
        return found
    }

    /// The bounds that stand here as {m}, {m,} or {m,n}; nil if they do not: then the brace is a character.
    private func bounds() -> (least: Int, most: Int?, end: Int)? {
        guard let close = scalars[index...].firstIndex(of: "}") else { return nil }
        let parts = scalars[(index + 1)..<close].split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, let least = PatternParser.number(parts[0]) else { return nil }
        if parts.count == 1 { return (least, least, close + 1) }
        if parts[1].isEmpty { return (least, nil, close + 1) }
        guard let most = PatternParser.number(parts[1]) else { return nil }
        return (least, most, close + 1)
    }

    private static func number(_ digits: ArraySlice<Unicode.Scalar>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ "0"..."9" ~= $0 }) else { return nil }
        return digits.reduce(0) { min($0 * 10 + Int($1.value) - 0x30, 1_000_000) }
    }

    private mutating func escape() throws(AssignmentError) -> PatternNode {
        switch next {
        case "b":
            index += 1
            return .check(.wordBoundary)
        case "B":
            index += 1
            return .check(.insideOrOutsideWord)
        default: return .one(try escapedSet())
        }
    }

    /// The characters behind a backslash.
    private mutating func escapedSet() throws(AssignmentError) -> ScalarSet {
        guard let scalar = next else { throw failure("a backslash is the last character; write '\\\\' for it") }
        let start = index
        index += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.opposite
        case "w": return .word
        case "W": return ScalarSet.word.opposite
        case "s": return .space
        case "S": return ScalarSet.space.opposite
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "f": return ScalarSet("\u{0C}")
        case "v": return ScalarSet("\u{0B}")
        case "x": return ScalarSet(try hexadecimal(2))
        case "u": return ScalarSet(try hexadecimal(4))
        case "0" where !(next.map { "0"..."9" ~= $0 } ?? false): return ScalarSet("\0")
        case "0"..."9", "k": throw failure("a pattern cannot refer to a group", at: start)
        case "a"..."z", "A"..."Z": throw failure("'\\\(scalar)' is nothing that a pattern knows", at: start)
        default: return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(_ digits: Int) throws(AssignmentError) -> Unicode.Scalar {
        let end = index + digits
        guard end <= scalars.count, scalars[index..<end].allSatisfy(\.properties.isASCIIHexDigit),
            let value = UInt32(String(String.UnicodeScalarView(scalars[index..<end])), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw failure("must be followed by \(digits) hexadecimal digits of a character") }
        index = end
        return scalar
    }

    /// The rest of a set, behind its opening bracket.
    private mutating func set() throws(AssignmentError) -> ScalarSet {
        let start = index - 1
        let isNegated = take("^")
        if next == "]" { throw failure("the set is empty; write '\\]' for the character", at: start) }
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = next, scalar != "]" {
            let first = try member()
            guard next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                ranges += first.plainRanges
                continue
            }
            let dash = index
            index += 1
            let last = try member()
            guard let low = first.single, let high = last.single, low <= high else {
                throw failure("this '-' must join two characters in ascending order; write '\\-' for itself", at: dash)
            }
            ranges.append(low...high)
        }
        guard take("]") else { throw failure("this '[' is never closed", at: start) }
        return ScalarSet(ranges: ranges, isNegated: isNegated)
    }

    private mutating func member() throws(AssignmentError) -> ScalarSet {
        guard let scalar = next else { throw failure("the set is never closed") }
        index += 1
        guard scalar == "\\" else { return ScalarSet(scalar) }
        if take("b") { return ScalarSet("\u{8}") }
        return try escapedSet()
    }
}

extension ScalarSet {
    /// The scalar, if there is just one.
    fileprivate var single: UInt32? {
        guard !isNegated, ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
