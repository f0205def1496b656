public import JSON

/// The moments at which a place's clock shows a certain time.
public enum LocalMoments: Sendable, Hashable {
    case once(Timestamp)
    /// Clocks were set back over it: it came twice. (Of more than two, which no place ever had, first and last.)
    case twice(earlier: Timestamp, later: Timestamp)
    /// Clocks were set forward over it, at moment `at`: it never came. `shifted` is the moment at which it would have
    /// come had the clock not been changed; the clock then shows a time that is later by the length of the gap.
    case skipped(at: Timestamp, shifted: Timestamp)

    /// One moment for each case, by the rule of RFC 5545, section 3.3.5: the earlier of two, and in a gap the one by
    /// the offset before it, so that 02:30 becomes 03:30.
    ///
    /// Calendars work by the same rule, so a schedule means here what it means there; a daily schedule runs once on
    /// every day, at its usual distance from what ran before the change; and no time of day can fail.
    public var moment: Timestamp {
        switch self {
        case .once(let moment), .twice(let moment, _), .skipped(_, let moment): moment
        }
    }
}

extension TimeZoneRules {
    /// When the clock shows a time.
    public func moments(at local: LocalTime) -> LocalMoments {
        let target = local.microseconds
        let spans = spans(around: target)
        let hits = spans.compactMap { span -> Timestamp? in
            let moment = target - span.offsetMicroseconds
            return span.startMicroseconds <= moment && moment < span.endMicroseconds
                ? Timestamp(microseconds: moment) : nil
        }
        if let first = hits.first, let last = hits.last {
            return hits.count == 1 ? .once(first) : .twice(earlier: first, later: last)
        }
        // A span that ends before the target is shown, and one behind it that begins after: the first such gap.
        for (span, next) in zip(spans, spans.dropFirst())
        where span.endMicroseconds + span.offsetMicroseconds <= target
            && next.startMicroseconds + next.offsetMicroseconds > target
        {
            return .skipped(
                at: Timestamp(microseconds: span.endMicroseconds),
                shifted: Timestamp(microseconds: target - span.offsetMicroseconds))
        }
        // Not reached: the first span shows less than the target, the last one more.
        return .once(Timestamp(microseconds: target))
    }

    /// The moment for a time, by the rule of `LocalMoments.moment`.
    public func moment(of local: LocalTime) -> Timestamp { moments(at: local).moment }

    /// The first moment at which the calendar shows the day, or one behind it: the clock's midnight, or the end of the
    /// gap if clocks were set forward over it. Where a whole day was left out it is the first moment of the next.
    public func startOfDay(_ date: CalendarDate) -> Timestamp {
        let midnight = Int64(date.dayNumber) * LocalTime.microsecondsPerDay
        let moments = spans(around: midnight).compactMap { span -> Int64? in
            let moment = max(span.startMicroseconds, midnight - span.offsetMicroseconds)
            return moment < span.endMicroseconds ? moment : nil
        }
        return Timestamp(microseconds: moments.first ?? midnight)
    }

    /// The end of the day, exclusive: the first moment from which on the calendar shows later days only. What happens
    /// before it is in time, what happens at it is late.
    ///
    /// This is the expiry of the day's last hour. It is the next day's start, except where clocks are set back across
    /// midnight, shortly after it: then the evening's last hour comes again, and the day ends when that one does.
    public func endOfDay(_ date: CalendarDate) -> Timestamp {
        let midnight = Int64(date.dayNumber + 1) * LocalTime.microsecondsPerDay
        let moments = spans(around: midnight).compactMap { span -> Int64? in
            let moment = min(span.endMicroseconds, midnight - span.offsetMicroseconds)
            return moment > span.startMicroseconds ? moment : nil
        }
        return Timestamp(microseconds: moments.last ?? midnight)
    }

    /// The spans, in order, of all moments at which a clock may show a time, which lies in the years 0 to 9999: no
    /// offset is longer than 26 hours.
    private func spans(around local: Int64) -> [Span] {
        let (first, last) = (
            (local - 27 * 3_600_000_000).floorDivided(by: 1_000_000),
            (local + 27 * 3_600_000_000).floorDivided(by: 1_000_000)
        )
        var spans = [span(at: first)]
        while let end = spans.last?.end, end <= last { spans.append(span(at: end)) }
        return spans
    }
}
