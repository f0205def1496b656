public import JSON

/// What the clocks of a place show: its offset from UTC at every moment.
///
/// ```swift
/// let berlin = try TimeZoneRules(parsing: bytes)  // of /usr/share/zoneinfo/Europe/Berlin
/// berlin.offset(at: moment).abbreviation  // "CEST"
/// berlin.endOfDay(date)  // the first moment that is no longer that day
/// ```
///
/// A value of a few kilobytes; looking up a moment is a binary search, and behind the file's last change a few
/// additions.
public struct TimeZoneRules: Sendable, Equatable {
    /// An offset from UTC, and what it is called.
    public struct Offset: Sendable, Hashable {
        /// East of UTC, −89,999 to 93,599.
        public let seconds: Int
        /// Whether it is called daylight saving (summer) time. Ireland's is negative: there winter is.
        public let isDaylightSaving: Bool
        /// Such as `CET`, or `-03` where there is no name in English.
        public let abbreviation: String
    }

    /// The range of RFC 9636, section 3.2: more than a day either way, as POSIX allows 24:59:59 and an hour of summer
    /// time.
    static let offsetSeconds = -89_999...93_599

    /// When the offset changes: seconds since 1970 in UTC, ascending.
    let transitions: [Int64]
    /// The offset before each transition, and last the one behind them all: one more than there are transitions.
    let offsets: [Offset]
    /// What holds from the last transition on, and always where there is none; nil if the last of `offsets` does.
    let tail: RecurringOffsets?

    /// Universal time.
    public static let utc = TimeZoneRules(
        transitions: [], offsets: [Offset(seconds: 0, isDaylightSaving: false, abbreviation: "UTC")], tail: nil)

    /// The offset at a moment.
    public func offset(at moment: Timestamp) -> Offset {
        span(at: moment.microseconds.floorDivided(by: 1_000_000)).offset
    }

    /// What calendar and clock show at a moment; nil outside of the years 0 to 9999.
    public func localTime(at moment: Timestamp) -> LocalTime? {
        LocalTime(microseconds: localMicroseconds(at: moment))
    }

    /// A time of one offset, in seconds since 1970 in UTC.
    struct Span {
        /// The first second, or `Int64.min`.
        var start: Int64
        /// The first second of the next span; `Int64.max` where there is none.
        var end: Int64
        var offset: Offset

        var startMicroseconds: Int64 { start.secondsAsMicroseconds }
        var endMicroseconds: Int64 { end.secondsAsMicroseconds }
        var offsetMicroseconds: Int64 { Int64(offset.seconds) * 1_000_000 }
    }

    /// The span that a second lies in.
    func span(at second: Int64) -> Span {
        // The number of transitions that are not behind `second`.
        var (passed, end) = (0, transitions.count)
        while passed < end {
            let middle = (passed + end) / 2
            if transitions[middle] <= second { passed = middle + 1 } else { end = middle }
        }
        let start = passed > 0 ? transitions[passed - 1] : .min
        if passed == transitions.count, let tail {
            var span = tail.span(at: second)
            span.start = max(span.start, start)
            return span
        }
        return Span(start: start, end: passed < transitions.count ? transitions[passed] : .max, offset: offsets[passed])
    }

    /// What the clock shows, since 1970-01-01T00:00 on it.
    func localMicroseconds(at moment: Timestamp) -> Int64 {
        moment.microseconds.addingClamped(Int64(offset(at: moment).seconds) * 1_000_000)
    }
}
