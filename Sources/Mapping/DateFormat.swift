/// How a file writes days and points in time.
///
/// The letters are those of Unicode's date patterns (UTS 35, "Date Format Patterns"), the part that can be read without
/// knowing a language or guessing a century:
///
/// | letters | meaning |
/// |---|---|
/// | `yyyy` | the year, four digits |
/// | `MM`, `M` | the month, two digits; one or two |
/// | `MMM` | the month's English name, three letters, in any case |
/// | `dd`, `d` | the day |
/// | `HH`, `H` | the hour, 0 to 23 |
/// | `hh`, `h` with `a` | the hour, 1 to 12, with AM or PM in any case |
/// | `mm`, `ss` | minute and second |
/// | `S` to `SSSSSSSSS` | so many decimals of a second; those beyond the sixth are dropped |
/// | `X` or `Z`, any number | `Z`, or an offset from UTC: `+02`, `+0200`, `+02:00` |
///
/// `T`, punctuation, spaces and digits stand for themselves, and so does anything between single quotes. Instead of a
/// pattern: `rfc3339` (also without zone, seconds, or time; with a space for the `T`), which is what is used where
/// nothing is said, `epoch_seconds` and `epoch_milliseconds`, both with optional decimals.
public struct DateFormat: Sendable, Equatable {
    /// Why a pattern was refused.
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// The longest pattern, in bytes.
    public static let maximumBytes = 64

    /// RFC 3339, or the front of it.
    public static let rfc3339 = DateFormat(style: .rfc3339)

    enum Style: Sendable, Equatable {
        case rfc3339
        /// A number of which so many make a second.
        case epoch(unitsPerSecond: Int64)
        case pattern([Part])
    }

    enum Part: Sendable, Equatable {
        case year
        case month(isPadded: Bool)
        case monthName
        case day(isPadded: Bool)
        case hour(isPadded: Bool)
        case hour12(isPadded: Bool)
        case halfDay
        case minute
        case second
        case fraction(Int)
        case offset
        case literal(UInt8)
    }

    let style: Style

    private init(style: Style) { self.style = style }

    /// Reads a pattern, or the name of a format.
    /// - Throws: what is wrong with it, or missing.
    public init(_ pattern: String) throws(Failure) {
        switch pattern {
        case "rfc3339", "iso8601": style = .rfc3339
        case "epoch_seconds": style = .epoch(unitsPerSecond: 1)
        case "epoch_milliseconds": style = .epoch(unitsPerSecond: 1_000)
        default: style = .pattern(try Self.parts(of: pattern))
        }
    }

    /// Whether the format is a number.
    var isEpoch: Bool {
        if case .epoch = style { true } else { false }
    }

    /// Whether the format says a time of day, so that it names a point in time and not only a day.
    var hasTime: Bool {
        guard case .pattern(let parts) = style else { return true }
        return parts.contains { $0.kind == .hour }
    }

    private static func parts(of pattern: String) throws(Failure) -> [Part] {
        let letters = Array(pattern.utf8)
        guard letters.count <= maximumBytes else {
            throw Failure(description: "a date format has at most \(maximumBytes) characters")
        }
        var parts: [Part] = []
        var index = 0
        while index < letters.count {
            let letter = letters[index]
            if letter == UInt8(ascii: "'") {
                index = try quotedLiteral(in: letters, from: index, into: &parts)
                continue
            }
            let run = letters[index...].prefix { $0 == letter }.count
            index += run
            if (letter | 0x20) &- UInt8(ascii: "a") < 26, letter != UInt8(ascii: "T") {
                parts.append(try part(letter, run))
            } else {
                parts.append(contentsOf: repeatElement(.literal(letter), count: run))
            }
        }
        try check(parts)
        return parts
    }

    /// Text in single quotes, in which two of them are one; two alone are one, too.
    private static func quotedLiteral(
        in letters: [UInt8], from start: Int, into parts: inout [Part]
    ) throws(Failure) -> Int {
        let quote = UInt8(ascii: "'")
        var index = start + 1
        if index < letters.count, letters[index] == quote {
            parts.append(.literal(quote))
            return index + 1
        }
        while index < letters.count {
            if letters[index] == quote {
                guard index + 1 < letters.count, letters[index + 1] == quote else { return index + 1 }
                index += 1
            }
            parts.append(.literal(letters[index]))
            index += 1
        }
        throw Failure(description: "the date format opens a quote that is never closed")
    }

    private static func part(_ letter: UInt8, _ count: Int) throws(Failure) -> Part {
        switch (Character(UnicodeScalar(letter)), count) {
        case ("y", 4): return .year
        case ("M", 1...2): return .month(isPadded: count == 2)
        case ("M", 3): return .monthName
        case ("d", 1...2): return .day(isPadded: count == 2)
        case ("H", 1...2): return .hour(isPadded: count == 2)
        case ("h", 1...2): return .hour12(isPadded: count == 2)
        case ("a", 1): return .halfDay
        case ("m", 2): return .minute
        case ("s", 2): return .second
        case ("S", 1...9): return .fraction(count)
        case ("X", _), ("Z", _): return .offset
        default:
            let letters = String(repeating: Character(UnicodeScalar(letter)), count: count)
            let reason = letters == "yy" ? "two digits of a year do not say the century" : "these letters are not known"
            throw Failure(
                description:
                    "the date format has \(quoted(letters)): \(reason); there are yyyy, MM, M, MMM, dd, d, HH, H, "
                    + "hh, h, a, mm, ss, S to SSSSSSSSS and X, and 'text' in single quotes")
        }
    }

    private static func check(_ parts: [Part]) throws(Failure) {
        let kinds = parts.map(\.kind).filter { $0 != .literal }
        for (index, kind) in kinds.enumerated() where kinds[..<index].contains(kind) {
            throw Failure(description: "the date format names the \(kind.rawValue) twice")
        }
        for kind in [Part.Kind.year, .month, .day] where !kinds.contains(kind) {
            throw Failure(description: "the date format names no \(kind.rawValue); a day has yyyy, MM and dd")
        }
        let has12 = parts.contains { if case .hour12 = $0 { true } else { false } }
        guard has12 == kinds.contains(.halfDay) else {
            throw Failure(description: "the date format needs both hh and a, or neither: HH counts to 23")
        }
        let times: [(Part.Kind, Part.Kind)] = [
            (.minute, .hour), (.second, .minute), (.fraction, .second), (.offset, .hour),
        ]
        for (kind, needed) in times where kinds.contains(kind) && !kinds.contains(needed) {
            throw Failure(description: "the date format names the \(kind.rawValue) and no \(needed.rawValue)")
        }
    }
}

extension DateFormat.Part {
    enum Kind: String {
        case year, month, day, hour, halfDay = "half of the day", minute, second, fraction = "fraction of a second"
        case offset = "offset", literal
    }

    var kind: Kind {
        switch self {
        case .year: .year
        case .month, .monthName: .month
        case .day: .day
        case .hour, .hour12: .hour
        case .halfDay: .halfDay
        case .minute: .minute
        case .second: .second
        case .fraction: .fraction
        case .offset: .offset
        case .literal: .literal
        }
    }
}
