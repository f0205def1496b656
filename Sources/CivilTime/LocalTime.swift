public import JSON

/// What a calendar and a clock in some place show; without the place it is not a moment.
public struct LocalTime: Sendable, Hashable, Comparable {
    public let date: CalendarDate
    /// Since 00:00 on the clock, 0 to 86,399,999,999.
    public let microsecondOfDay: Int64

    static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Nil if the clock never shows that.
    public init?(date: CalendarDate, microsecondOfDay: Int64) {
        guard 0..<LocalTime.microsecondsPerDay ~= microsecondOfDay else { return nil }
        self.date = date
        self.microsecondOfDay = microsecondOfDay
    }

    public init(date: CalendarDate, time: TimeOfDay) {
        self.date = date
        microsecondOfDay = Int64(time.minutes) * 60_000_000
    }

    /// Nil outside of the years 0 to 9999.
    init?(microseconds: Int64) {
        let day = microseconds.floorDivided(by: LocalTime.microsecondsPerDay)
        guard let date = CalendarDate(dayNumber: Int(day)) else { return nil }
        self.date = date
        microsecondOfDay = microseconds - day * LocalTime.microsecondsPerDay
    }

    /// Since 1970-01-01T00:00 on the same clock.
    var microseconds: Int64 { Int64(date.dayNumber) * LocalTime.microsecondsPerDay + microsecondOfDay }

    public static func < (left: LocalTime, right: LocalTime) -> Bool { left.microseconds < right.microseconds }
}

extension Int64 {
    /// The quotient rounded down, for a positive divisor.
    func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The sum, or the nearest value that there is.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    /// Seconds as microseconds, or the nearest value that there is.
    var secondsAsMicroseconds: Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (self > 0 ? .max : .min) : product
    }
}
