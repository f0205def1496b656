public import JSON

/// Public holidays: days that a brand names, and rules that hold for every year.
///
/// What a holiday is, the law of a place says (for the European Union: Regulation No 1182/71, Art. 2(1), refers to the
/// member states), so there is no list here.
public struct Holidays: Sendable, Equatable {
    /// How a holiday on a weekend moves. The day itself stays a holiday, too.
    public enum Observance: Sendable, Hashable {
        /// It does not.
        case none
        /// From Saturday to Friday and from Sunday to Monday: 5 U.S.C. § 6103(b) and Executive Order 11582, section 3.
        case nearestWeekday
        /// From Saturday and Sunday to Monday, as British bank holidays are (where Monday is not one itself).
        case monday
        /// From Sunday to Monday; Saturday's does not move: Cal. Gov. Code § 6701.
        case mondayAfterSunday
    }

    public enum Rule: Sendable, Hashable {
        /// One day of one year.
        case date(CalendarDate)
        /// The same day every year; 29 February in leap years only.
        case yearly(month: Int, day: Int, observed: Observance = .none)
        /// So many days behind Easter Sunday of the Western churches, −80 to 250: Good Friday −2, Ascension 39.
        case easter(days: Int)
        /// So many days behind Easter Sunday of the Orthodox churches, −80 to 200.
        case orthodoxEaster(days: Int)
        /// The first (1) to fifth (5) such weekday of a month, or from its end the last (−1) to fifth last (−5). A
        /// fifth comes in some years only.
        case weekday(Weekday, ordinal: Int, month: Int)
    }

    /// The most rules, dates included.
    public static let maximumRules = 500

    /// No day is a holiday.
    public static let none = Holidays()

    private let dates: Set<CalendarDate>
    /// The rules other than dates.
    private let rules: [Rule]

    private init() { (dates, rules) = ([], []) }

    /// - Throws: for a rule that no day can follow, and for more than `maximumRules`.
    public init(_ rules: [Rule]) throws(CalendarFailure) {
        guard rules.count <= Self.maximumRules else {
            throw CalendarFailure(description: "there are at most \(Self.maximumRules) holidays")
        }
        var dates: Set<CalendarDate> = []
        var others: [Rule] = []
        for rule in rules {
            try Self.check(rule)
            if case .date(let date) = rule { dates.insert(date) } else { others.append(rule) }
        }
        self.dates = dates
        self.rules = others
    }

    private static func check(_ rule: Rule) throws(CalendarFailure) {
        switch rule {
        case .date: break
        case .yearly(let month, let day, _):
            // Year 0 is a leap year.
            guard CalendarDate(year: 0, month: month, day: day) != nil else {
                throw CalendarFailure(description: "no year has a day \(day) in month \(month)")
            }
        case .easter(let days):
            guard -80...250 ~= days else {
                throw CalendarFailure(description: "a holiday lies 80 days before Easter to 250 behind")
            }
        case .orthodoxEaster(let days):
            guard -80...200 ~= days else {
                throw CalendarFailure(description: "a holiday lies 80 days before Orthodox Easter to 200 behind")
            }
        case .weekday(_, let ordinal, let month):
            guard 1...12 ~= month else { throw CalendarFailure(description: "there is no month \(month)") }
            guard ordinal != 0, -5...5 ~= ordinal else {
                throw CalendarFailure(description: "a month's weekdays count from 1 to 5, or from its end −1 to −5")
            }
        }
    }

    /// Whether a day is a holiday, or one is observed on it.
    public func contains(_ date: CalendarDate) -> Bool {
        dates.contains(date) || rules.contains { Self.matches($0, date) }
    }

    /// The holidays of a year, in order, those observed included; none outside of the years 0 to 9999.
    public func dates(in year: Int) -> [CalendarDate] {
        guard let first = CalendarDate(year: year, month: 1, day: 1) else { return [] }
        return (0..<366).compactMap { first.adding(days: $0) }.filter { $0.year == year && contains($0) }
    }

    private static func matches(_ rule: Rule, _ date: CalendarDate) -> Bool {
        switch rule {
        case .date(let other): return date == other
        case .yearly(let month, let day, let observance):
            if date.month == month && date.day == day { return true }
            guard observance != .none else { return false }
            // New Year's Day may be observed in the year before.
            return (date.year - 1...date.year + 1).contains { year in
                CalendarDate(year: year, month: month, day: day)?.observed(observance) == date
            }
        case .easter(let days):
            return CalendarDate.easterSunday(in: date.year)?.adding(days: days) == date
        case .orthodoxEaster(let days):
            return CalendarDate.orthodoxEasterSunday(in: date.year)?.adding(days: days) == date
        case .weekday(let weekday, let ordinal, let month):
            guard date.month == month, date.weekday == weekday else { return false }
            return ordinal > 0
                ? (date.day - 1) / 7 + 1 == ordinal : (date.daysInMonth - date.day) / 7 + 1 == -ordinal
        }
    }
}

extension CalendarDate {
    fileprivate func observed(_ observance: Holidays.Observance) -> CalendarDate? {
        switch (observance, weekday) {
        case (.nearestWeekday, .saturday): adding(days: -1)
        case (.nearestWeekday, .sunday), (.monday, .sunday), (.mondayAfterSunday, .sunday): adding(days: 1)
        case (.monday, .saturday): adding(days: 2)
        default: self
        }
    }
}
