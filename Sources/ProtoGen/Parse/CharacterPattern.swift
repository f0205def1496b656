/// A `pattern` of the subset: anchored, a sequence of character classes with counts, ASCII only.
///
/// `^[a-z][a-z0-9-]{2,62}$` is one, `^(a|b)*$` is not. It is matched without backtracking: a class of variable length
/// must not share a character with what may follow it.
struct CharacterPattern: Equatable {
    /// As it is written in the contract.
    let text: String
    let runs: [Run]

    /// So many characters of one class.
    struct Run: Equatable {
        /// Sorted, disjoint ranges of ASCII.
        var ranges: [ClosedRange<UInt8>]
        var minimum: Int
        /// Nil for no limit.
        var maximum: Int?
    }

    /// Why a pattern is outside the subset; continues the sentence "the pattern …".
    struct Unsupported: Error {
        let message: String
    }

    init(_ text: String) throws(Unsupported) {
        var parser = Parser(text)
        self.text = text
        runs = try parser.parse()
        try Self.requireDeterminism(runs)
    }

    /// The fewest characters that match.
    var minimumLength: Int { runs.reduce(0) { $0 + $1.minimum } }

    /// The most characters that match, or nil for no limit.
    var maximumLength: Int? {
        var sum = 0
        for run in runs {
            guard let maximum = run.maximum else { return nil }
            sum += maximum
        }
        return sum
    }

    func matches(_ string: String) -> Bool {
        var rest = string.utf8[...]
        for run in runs {
            let window = run.maximum.map { rest.prefix($0) } ?? rest
            let taken = window.prefix { byte in run.ranges.contains { $0.contains(byte) } }
            guard taken.count >= run.minimum else { return false }
            rest = rest[taken.endIndex...]
        }
        return rest.isEmpty
    }

    private static func requireDeterminism(_ runs: [Run]) throws(Unsupported) {
        for (index, run) in runs.enumerated() where run.maximum != run.minimum {
            for next in runs[(index + 1)...] {
                guard !run.ranges.contains(where: { range in next.ranges.contains(where: range.overlaps) }) else {
                    throw Unsupported(
                        message: "has a class of variable length that shares characters with what may follow it")
                }
                if next.minimum > 0 { break }
            }
        }
    }
}

extension CharacterPattern {
    private struct Parser {
        private var rest: Substring.UnicodeScalarView

        init(_ text: String) {
            rest = text.unicodeScalars[...]
        }

        mutating func parse() throws(Unsupported) -> [Run] {
            guard rest.popFirst() == "^" else { throw Unsupported(message: "must begin with ^") }
            var runs: [Run] = []
            while let scalar = rest.popFirst() {
                if scalar == "$" {
                    guard rest.isEmpty else { throw Unsupported(message: "must end with its first $") }
                    return runs
                }
                let ranges = try ranges(from: scalar)
                let (minimum, maximum) = try count()
                runs.append(Run(ranges: ranges, minimum: minimum, maximum: maximum))
            }
            throw Unsupported(message: "must end with $")
        }

        private mutating func ranges(from scalar: Unicode.Scalar) throws(Unsupported) -> [ClosedRange<UInt8>] {
            switch scalar {
            case "[":
                return try characterClass()
            case "\\":
                return try escape()
            case "(", ")", "|", ".", "*", "+", "?", "{", "}", "]", "^":
                throw Unsupported(message: "may hold character classes and counts only, not '\(scalar)'")
            default:
                let byte = try ascii(scalar)
                return [byte...byte]
            }
        }

        private mutating func characterClass() throws(Unsupported) -> [ClosedRange<UInt8>] {
            var ranges: [ClosedRange<UInt8>] = []
            guard rest.first != "^" else { throw Unsupported(message: "may not negate a class") }
            while let scalar = rest.popFirst() {
                if scalar == "]" {
                    guard !ranges.isEmpty else { throw Unsupported(message: "has an empty class") }
                    return Self.merged(ranges)
                }
                if scalar == "\\" {
                    ranges += try escape()
                    continue
                }
                let first = try ascii(scalar)
                guard rest.first == "-", let last = rest.dropFirst().first, last != "]" else {
                    ranges.append(first...first)
                    continue
                }
                rest = rest.dropFirst(2)
                let upper = try ascii(last)
                guard first <= upper else { throw Unsupported(message: "has a range that runs backwards") }
                ranges.append(first...upper)
            }
            throw Unsupported(message: "has a class without its ]")
        }

        private mutating func escape() throws(Unsupported) -> [ClosedRange<UInt8>] {
            guard let scalar = rest.popFirst() else { throw Unsupported(message: "ends in a backslash") }
            if scalar == "d" { return [UInt8(ascii: "0")...UInt8(ascii: "9")] }
            guard !("a"..."z").contains(scalar), !("A"..."Z").contains(scalar) else {
                throw Unsupported(message: "may not use \\\(scalar)")
            }
            let byte = try ascii(scalar)
            return [byte...byte]
        }

        private mutating func count() throws(Unsupported) -> (minimum: Int, maximum: Int?) {
            switch rest.first {
            case "?":
                rest.removeFirst()
                return (0, 1)
            case "*":
                rest.removeFirst()
                return (0, nil)
            case "+":
                rest.removeFirst()
                return (1, nil)
            case "{":
                rest.removeFirst()
                let minimum = try number()
                let separator = rest.popFirst()
                if separator == "}" { return (minimum, minimum) }
                guard separator == "," else { throw Unsupported(message: "has a count that is not {m} or {m,n}") }
                let maximum = rest.first == "}" ? nil : try number()
                guard rest.popFirst() == "}" else { throw Unsupported(message: "has a count without its }") }
                guard minimum <= maximum ?? .max else { throw Unsupported(message: "has a count that runs backwards") }
                return (minimum, maximum)
            default:
                return (1, 1)
            }
        }

        private mutating func number() throws(Unsupported) -> Int {
            var digits = ""
            while let digit = rest.first, ("0"..."9").contains(digit) {
                digits.unicodeScalars.append(digit)
                rest.removeFirst()
            }
            guard let number = Int(digits), number <= 1_000_000 else {
                throw Unsupported(message: "has a count that is no number up to a million")
            }
            return number
        }

        private func ascii(_ scalar: Unicode.Scalar) throws(Unsupported) -> UInt8 {
            guard (0x20...0x7E).contains(scalar.value) else {
                throw Unsupported(message: "may hold printable ASCII only")
            }
            return UInt8(scalar.value)
        }

        private static func merged(_ ranges: [ClosedRange<UInt8>]) -> [ClosedRange<UInt8>] {
            var merged: [ClosedRange<UInt8>] = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                    merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            return merged
        }
    }
}
