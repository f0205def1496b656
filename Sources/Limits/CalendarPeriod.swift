/// The calendar periods of quotas, in UTC.
public enum CalendarPeriod: UInt8, Sendable, CaseIterable {
    case day, month

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Which period a moment lies in: days, or months, since 1970.
    ///
    /// - Parameter time: microseconds since 1970.
    public func number(at time: Int64) -> Int64 {
        let day = time.dividedDown(by: Self.microsecondsPerDay)
        return self == .day ? day : Self.month(ofDay: day)
    }

    /// When a period begins, in microseconds since 1970.
    public func start(of number: Int64) -> Int64 {
        (self == .day ? number : Self.firstDay(ofMonth: number)) * Self.microsecondsPerDay
    }

    // Years begin in March here, so that the leap day is the last of its year; an era has 400 of them
    // (H. Hinnant, "chrono-compatible low-level date algorithms", 2021).

    private static let daysPerEra: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysBefore1970: Int64 = 719_468

    private static func month(ofDay day: Int64) -> Int64 {
        let shifted = day + daysBefore1970
        let era = shifted.dividedDown(by: daysPerEra)
        let dayOfEra = shifted - era * daysPerEra
        let leaps = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leaps) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let monthsSinceYearZero = (yearOfEra + era * 400) * 12 + monthFromMarch + 2
        return monthsSinceYearZero - 1_970 * 12
    }

    private static func firstDay(ofMonth number: Int64) -> Int64 {
        let monthsFromMarch = number + 1_970 * 12 - 2
        let year = monthsFromMarch.dividedDown(by: 12)
        let month = monthsFromMarch - year * 12
        let era = year.dividedDown(by: 400)
        let yearOfEra = year - era * 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * month + 2) / 5
        return era * daysPerEra + dayOfEra - daysBefore1970
    }
}

extension Int64 {
    func dividedDown(by divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}
