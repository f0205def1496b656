/// Offsets that repeat every year: what the TZ string at the end of a TZif file says.
struct RecurringOffsets: Sendable, Equatable {
    /// A moment of each year, by a clock that shows the offset which is about to end.
    struct YearlyMoment: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// `Jn`: 1 to 365; 29 February is never counted.
            case ofCommonYear(Int)
            /// `n`: 0 to 365; 29 February is counted.
            case ofYear(Int)
            /// `Mm.w.d`: of month 1 to 12 the weekday, 0 (Sunday) to 6, that comes as the 1st to 4th, or last, 5.
            case weekday(month: Int, week: Int, weekday: Int)
        }

        var day: Day
        /// From midnight of that day, within ±167 hours and a second less than an hour.
        var seconds: Int
    }

    struct Daylight: Sendable, Equatable {
        var offset: TimeZoneRules.Offset
        var start: YearlyMoment
        var end: YearlyMoment
    }

    var standard: TimeZoneRules.Offset
    var daylight: Daylight?

    /// The span that a second lies in.
    ///
    /// The calendar repeats after 400 years, so any second is looked up in the years 2000 to 2399. A change may be set
    /// a week off its day, and so lie in the year before or after: two years on each side hold what is needed.
    func span(at second: Int64) -> TimeZoneRules.Span {
        guard let daylight else { return TimeZoneRules.Span(start: .min, end: .max, offset: standard) }
        let cycle = (second - Self.cycleStart).floorDivided(by: Self.cycleSeconds) * Self.cycleSeconds
        let year = Self.year(ofDay: Int((second - cycle).floorDivided(by: 86_400)))
        var changes: [(second: Int64, isStart: Bool)] = []
        for year in (year - 2)...(year + 2) {
            let start = daylight.start.second(in: year) - Int64(standard.seconds)
            let end = daylight.end.second(in: year) - Int64(daylight.offset.seconds)
            changes += [(end + cycle, false), (start + cycle, true)]
        }
        // Of an end and a start at the same second the start counts: so is daylight saving all year written.
        changes.sort { ($0.second, $0.isStart ? 1 : 0) < ($1.second, $1.isStart ? 1 : 0) }
        let next = changes.firstIndex { $0.second > second } ?? changes.count
        let isDaylight = next > 0 && changes[next - 1].isStart
        return TimeZoneRules.Span(
            start: next > 0 ? changes[next - 1].second : .min,
            end: next < changes.count ? changes[next].second : .max,
            offset: isDaylight ? daylight.offset : standard)
    }

    /// 400 years, after which days and weekdays are the same again.
    private static let cycleSeconds: Int64 = 146_097 * 86_400
    /// 2000-01-01.
    private static let cycleStart: Int64 = 10_957 * 86_400

    /// The year of a day from 2000-01-01 to 2399-12-31, given by its number since 1970-01-01.
    private static func year(ofDay day: Int) -> Int {
        var year = 2_000 + (day - 10_957) * 400 / 146_097
        while firstDay(of: year) > day { year -= 1 }
        while firstDay(of: year + 1) <= day { year += 1 }
        return year
    }

    /// The number of 1 January since 1970-01-01, for years from 1970. POSIX.1-2024, XBD 4.19 "Seconds Since the Epoch".
    fileprivate static func firstDay(of year: Int) -> Int {
        365 * (year - 1_970) + (year - 1_969) / 4 - (year - 1_901) / 100 + (year - 1_601) / 400
    }
}

extension RecurringOffsets.YearlyMoment {
    /// Seconds since 1970-01-01T00:00 on the local clock.
    fileprivate func second(in year: Int) -> Int64 {
        Int64(dayNumber(in: year)) * 86_400 + Int64(seconds)
    }

    private func dayNumber(in year: Int) -> Int {
        let first = RecurringOffsets.firstDay(of: year)
        let isLeap = RecurringOffsets.firstDay(of: year + 1) - first == 366
        switch day {
        case .ofCommonYear(let day): return first + day - 1 + (isLeap && day > 59 ? 1 : 0)
        case .ofYear(let day): return first + day
        case .weekday(let month, let week, let weekday):
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            let monthStart = lengths[..<(month - 1)].reduce(first, +)
            // 1970-01-01 was a Thursday.
            let untilWeekday = (weekday - (monthStart + 4) % 7 + 7) % 7
            let offset = untilWeekday + 7 * (week - 1)
            return monthStart + (offset < lengths[month - 1] ? offset : offset - 7)
        }
    }
}
