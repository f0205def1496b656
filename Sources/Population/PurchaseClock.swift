import CivilTime
import JSON

/// Time as a shop feels it: a clock that runs fast in busy hours and slowly at night, and shows one week more after
/// each week. By it people buy at a constant rate, so purchases are drawn on it and read off the usual clock.
struct PurchaseClock {
    let rhythm: WeeklyRhythm
    let zone: TimeZoneRules

    /// 1970-01-05 was a Monday.
    private static let firstMonday = 4
    private static let secondsPerWeek: Int64 = 604_800

    /// What this clock shows at a moment, in weeks.
    func weeks(at moment: Timestamp) -> Double {
        guard let local = zone.localTime(at: moment) else { preconditionFailure("\(moment) is checked to have a date") }
        let day = local.date.dayNumber - Self.firstMonday
        let (week, weekday) = day.quotientAndRemainder(dividingBy: 7)
        let hours = Double(weekday * 24) + Double(local.microsecondOfDay) / 3_600_000_000
        return Double(week) + rhythm.share(before: hours)
    }

    /// When this clock shows a time, cut to the second. What lies in an hour that clocks are set forward over comes an
    /// hour later, as ``LocalMoments/moment`` has it.
    func moment(at weeks: Double) -> Timestamp {
        let week = weeks.rounded(.down)
        let second = min(Int64(rhythm.hours(before: weeks - week) * 3_600), Self.secondsPerWeek - 1)
        let day = Self.firstMonday + Int(week) * 7 + Int(second / 86_400)
        guard let date = CalendarDate(dayNumber: day),
            let local = LocalTime(date: date, microsecondOfDay: second % 86_400 * 1_000_000)
        else { preconditionFailure("years are checked to be from 1971 to 2210") }
        return zone.moment(of: local)
    }
}
