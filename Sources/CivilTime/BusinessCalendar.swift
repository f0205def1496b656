public import JSON

/// On which days work is done.
public struct BusinessCalendar: Sendable, Equatable {
    public let holidays: Holidays
    /// The weekdays on which no work is done.
    public let weekend: Set<Weekday>

    /// The longest closure: where no working day comes within so many days, there is none.
    public static let maximumClosureDays = 100

    /// Saturday and Sunday are no working days: Regulation (EEC, Euratom) No 1182/71, Art. 2(2).
    public init(holidays: Holidays = .none) {
        self.holidays = holidays
        weekend = [.saturday, .sunday]
    }

    /// - Parameter weekend: six days at most.
    /// - Throws: if every day is one of the weekend.
    public init(holidays: Holidays, weekend: Set<Weekday>) throws(CalendarFailure) {
        guard weekend.count < Weekday.allCases.count else {
            throw CalendarFailure(description: "a week has a day on which work is done")
        }
        self.holidays = holidays
        self.weekend = weekend
    }

    /// Neither weekend nor holiday.
    public func isWorkingDay(_ date: CalendarDate) -> Bool {
        !weekend.contains(date.weekday) && !holidays.contains(date)
    }

    /// The day itself if it is a working day, or else the next that is; nil if there is none within
    /// `maximumClosureDays`.
    public func workingDay(onOrAfter date: CalendarDate) -> CalendarDate? {
        var date = date
        for _ in 0...Self.maximumClosureDays {
            if isWorkingDay(date) { return date }
            guard let next = date.adding(days: 1) else { return nil }
            date = next
        }
        return nil
    }

    /// The working day that comes as the `count`th, from 1, behind a day, which is not counted; nil where there are not
    /// that many. Of no days it is the day itself.
    public func adding(workingDays count: Int, to date: CalendarDate) -> CalendarDate? {
        var date = date
        for _ in 0..<max(count, 0) {
            guard let next = date.adding(days: 1).flatMap(workingDay(onOrAfter:)) else { return nil }
            date = next
        }
        return date
    }
}
