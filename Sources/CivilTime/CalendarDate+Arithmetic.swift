public import JSON

/// Arithmetic in the proleptic Gregorian calendar: its rules hold for every year from 0 to 9999, those before 1582
/// too. What would leave these years is nil.
extension CalendarDate {
    /// The day that lies so many days later, or earlier if `days` is negative.
    public func adding(days: Int) -> CalendarDate? {
        let (number, overflow) = dayNumber.addingReportingOverflow(days)
        return overflow ? nil : CalendarDate(dayNumber: number)
    }

    /// The same day of the month, so many months later or earlier; where that month is too short, its last day:
    /// 31 January and one month is 28 or 29 February.
    ///
    /// The clamp is that of Regulation (EEC, Euratom) No 1182/71, Art. 3(2)(c). It makes the sum lossy: a month
    /// forward and one back may give another day, and two steps of one month are not always one of two.
    public func adding(months: Int) -> CalendarDate? {
        let (month, overflow) = (year * 12 + self.month - 1).addingReportingOverflow(months)
        guard !overflow, month >= 0 else { return nil }
        let (year, index) = month.quotientAndRemainder(dividingBy: 12)
        let length = CalendarDate.days(inMonth: index + 1, of: year)
        return CalendarDate(year: year, month: index + 1, day: min(day, length))
    }

    /// How many days `other` lies later; negative if it is earlier.
    public func days(until other: CalendarDate) -> Int { other.dayNumber - dayNumber }

    /// The day of the week. 1970-01-01, day number 0, was a Thursday.
    public var weekday: Weekday {
        let sinceMonday = (dayNumber + 3) % 7
        return Weekday(rawValue: (sinceMonday < 0 ? sinceMonday + 7 : sinceMonday) + 1) ?? .monday
    }

    /// How many days this date's month has.
    public var daysInMonth: Int { CalendarDate.days(inMonth: month, of: year) }

    /// Which day of its year this is, from 1.
    public var dayOfYear: Int {
        (1..<month).reduce(day) { $0 + CalendarDate.days(inMonth: $1, of: year) }
    }

    /// A week of ISO 8601: it belongs to the year that has its Thursday.
    public struct ISOWeek: Sendable, Hashable {
        /// The year that the week belongs to, which may be the one before or after the date's: −1 to 9999.
        public let year: Int
        /// 1 to 53.
        public let week: Int
    }

    /// The week that this day lies in. ISO 8601-1:2019, 3.1.1.23 and 4.2.2: weeks begin on Monday, and week 1 is the one
    /// with the year's first Thursday.
    public var isoWeek: ISOWeek {
        let thursday = dayOfYear + Weekday.thursday.rawValue - weekday.rawValue
        // Without its February a year has 337 days.
        if thursday < 1 {
            // The Thursday lies in the year before; year 0 was a leap year, and so year −1 had 365 days.
            let length = year > 0 ? 337 + CalendarDate.days(inMonth: 2, of: year - 1) : 365
            return ISOWeek(year: year - 1, week: (thursday + length - 1) / 7 + 1)
        }
        guard thursday <= 337 + CalendarDate.days(inMonth: 2, of: year) else { return ISOWeek(year: year + 1, week: 1) }
        return ISOWeek(year: year, week: (thursday - 1) / 7 + 1)
    }
}
