import JSON

/// The rules as people write them:
///
/// | text | day |
/// |---|---|
/// | `2026-05-29` | that day |
/// | `12-25` | 25 December of every year |
/// | `12-25/nearest`, `12-26/monday`, `07-04/sunday` | the same, and where it falls on a weekend, see ``Holidays/Observance``: `nearestWeekday`, `monday`, `mondayAfterSunday` |
/// | `easter-2`, `easter+39` | so many days from Easter Sunday |
/// | `orthodoxEaster+1` | the same of the Orthodox churches |
/// | `monday/1/09`, `monday/-1/05` | the first Monday in September, the last in May |
extension Holidays.Rule: LosslessStringConvertible {
    /// Nil for what is none of these, and for a rule that no day can follow.
    public init?(_ text: String) {
        guard let rule = Self.read(text), (try? Holidays([rule])) != nil else { return nil }
        self = rule
    }

    public var description: String {
        switch self {
        case .date(let date): date.description
        case .yearly(let month, let day, let observance):
            Self.twoDigits(month) + "-" + Self.twoDigits(day)
                + (Self.suffixes.first { $0.observance == observance }.map { "/" + $0.text } ?? "")
        case .easter(let days): "easter" + Self.signed(days)
        case .orthodoxEaster(let days): "orthodoxEaster" + Self.signed(days)
        case .weekday(let weekday, let ordinal, let month): "\(weekday)/\(ordinal)/\(Self.twoDigits(month))"
        }
    }

    private static let suffixes: [(text: String, observance: Holidays.Observance)] = [
        ("nearest", .nearestWeekday), ("monday", .monday), ("sunday", .mondayAfterSunday),
    ]

    private static func read(_ text: String) -> Holidays.Rule? {
        if let date = CalendarDate(text) { return .date(date) }
        for (name, make) in [
            ("easter", { Self.easter(days: $0) }), ("orthodoxEaster", { Self.orthodoxEaster(days: $0) }),
        ] as [(String, (Int) -> Self)] where text.hasPrefix(name) {
            let rest = text.dropFirst(name.count)
            guard let days = Int(rest), rest.first == "+" || rest.first == "-" else { return nil }
            return make(days)
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3 {
            guard let weekday = Weekday.allCases.first(where: { "\($0)" == parts[0] }), let ordinal = Int(parts[1]),
                parts[1].first != "+", let month = number(parts[2])
            else { return nil }
            return .weekday(weekday, ordinal: ordinal, month: month)
        }
        let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { number(String($0)) }
        guard numbers.count == 2, let month = numbers[0], let day = numbers[1] else { return nil }
        if parts.count == 1 { return .yearly(month: month, day: day) }
        guard let observance = suffixes.first(where: { $0.text == parts[1] })?.observance else { return nil }
        return .yearly(month: month, day: day, observed: observance)
    }

    /// Two digits and nothing else.
    private static func number(_ text: String) -> Int? {
        text.utf8.count == 2 && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func signed(_ days: Int) -> String { days < 0 ? "\(days)" : "+\(days)" }
}
