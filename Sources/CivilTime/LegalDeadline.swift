public import JSON

/// Until when a request must be confirmed and answered.
///
/// ```swift
/// let deadline = try LegalDeadline(
///     receivedAt: request.receivedAt, regime: .gdpr, zone: berlin, calendar: BusinessCalendar(holidays: german))
/// if now >= deadline.dueAt { … }  // late
/// ```
///
/// Every moment is the exclusive end of a whole local day, `TimeZoneRules.endOfDay`: of a day that ends at midnight,
/// 00:00 of the next. An act before it is in time, an act at it is late. A text for people names the day: `dueOn`.
public struct LegalDeadline: Sendable, Hashable {
    /// The day, in the zone, on which the request was received: the day of the event, which is not counted.
    public let receivedOn: CalendarDate
    /// Until when receipt must be confirmed; nil if it need not be.
    public let acknowledgeBy: Timestamp?
    /// The last day for an answer.
    public let dueOn: CalendarDate
    /// Until when the request must be answered, or the person told of an extension.
    public let dueAt: Timestamp
    /// Until when the person must be told of an extension, with the reasons; nil if there can be none. In all of the
    /// laws of `DeadlineRegime` it is the end of the first period.
    public let noticeBy: Timestamp?
    /// The last day for an answer if the time is extended.
    public let extendedDueOn: CalendarDate?
    /// Until when the request must be answered if the time is extended; nil if it cannot be.
    public let extendedDueAt: Timestamp?

    /// - Parameters:
    ///   - receivedAt: when the request was received, verified or not.
    ///   - zone: the rules of the place whose days count.
    ///   - calendar: that place's working days.
    /// - Throws: if a day lies outside of the years 0 to 9999, or no working day comes within
    ///   `BusinessCalendar.maximumClosureDays`.
    public init(
        receivedAt: Timestamp, regime: DeadlineRegime, zone: TimeZoneRules, calendar: BusinessCalendar
    ) throws(CalendarFailure) {
        guard let receivedOn = zone.localTime(at: receivedAt)?.date else {
            throw CalendarFailure(description: "the day of receipt lies outside of the years 0 to 9999")
        }
        self.receivedOn = receivedOn
        func lastDay(_ period: DeadlineRegime.Period) throws(CalendarFailure) -> CalendarDate {
            try calendar.lastDay(of: period, from: receivedOn, endsOnWorkingDay: regime.endsOnWorkingDay)
        }
        acknowledgeBy =
            if let period = regime.acknowledgement { zone.endOfDay(try lastDay(period)) } else { nil }
        dueOn = try lastDay(regime.answer)
        dueAt = zone.endOfDay(dueOn)
        extendedDueOn = if let period = regime.extendedAnswer { try lastDay(period) } else { nil }
        extendedDueAt = extendedDueOn.map(zone.endOfDay)
        noticeBy = extendedDueAt == nil ? nil : dueAt
    }
}

extension BusinessCalendar {
    /// The last day of a period that begins behind `date`.
    fileprivate func lastDay(
        of period: DeadlineRegime.Period, from date: CalendarDate, endsOnWorkingDay: Bool
    ) throws(CalendarFailure) -> CalendarDate {
        var last: CalendarDate?
        switch period.unit {
        case .calendarDays: last = date.adding(days: period.count)
        case .months: last = date.adding(months: period.count)
        case .businessDays: last = adding(workingDays: period.count, to: date)
        }
        if endsOnWorkingDay { last = last.flatMap(workingDay(onOrAfter:)) }
        guard let last else {
            throw CalendarFailure(
                description: "the period ends behind the year 9999, or no working day comes within "
                    + "\(Self.maximumClosureDays) days")
        }
        return last
    }
}
