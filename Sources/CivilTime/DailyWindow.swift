public import JSON

/// A part of every day by a place's clock, such as quiet hours from 21:00 to 08:00.
///
/// The clock on the wall decides: a moment lies within if the clock shows `start` or later and earlier than `end`; a
/// window whose end is not behind its start goes over midnight. When clocks change, so does the window's length, as it
/// does for those who live by them: quiet hours to 02:30 end at 02:00 if that becomes 03:00, and begin again if 03:00
/// becomes 02:00.
public struct DailyWindow: Sendable, Hashable {
    /// The first minute within.
    public let start: TimeOfDay
    /// The first minute behind.
    public let end: TimeOfDay

    /// Nil if both are the same: that might mean all day or never.
    public init?(from start: TimeOfDay, to end: TimeOfDay) {
        guard start != end else { return nil }
        self.start = start
        self.end = end
    }

    private init(start: TimeOfDay, end: TimeOfDay) {
        self.start = start
        self.end = end
    }

    /// The rest of the day.
    public var complement: DailyWindow { DailyWindow(start: end, end: start) }

    /// Whether a moment lies within.
    public func contains(_ moment: Timestamp, in zone: TimeZoneRules) -> Bool {
        contains(local: zone.localMicroseconds(at: moment))
    }

    /// The first moment, not before the given one, that lies outside; that of the complement is when the window next
    /// begins.
    public func firstMomentOutside(onOrAfter moment: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        var moment = moment
        while contains(moment, in: zone) {
            let span = zone.span(at: moment.microseconds.floorDivided(by: 1_000_000))
            let timeOfDay = Self.timeOfDay(moment.microseconds.addingClamped(span.offsetMicroseconds))
            let wait = Self.timeOfDay(Int64(end.minutes) * 60_000_000 - timeOfDay)
            let candidate = moment.microseconds.addingClamped(wait)
            guard span.endMicroseconds < .max, candidate >= span.endMicroseconds else {
                return Timestamp(microseconds: candidate)
            }
            // The clock is changed before it shows the window's end: look again from there.
            moment = Timestamp(microseconds: span.endMicroseconds)
        }
        return moment
    }

    private func contains(local: Int64) -> Bool {
        let minute = Int(Self.timeOfDay(local) / 60_000_000)
        return start < end
            ? start.minutes <= minute && minute < end.minutes : start.minutes <= minute || minute < end.minutes
    }

    /// The rest of a division by a day, from 0.
    private static func timeOfDay(_ local: Int64) -> Int64 {
        let rest = local % LocalTime.microsecondsPerDay
        return rest < 0 ? rest + LocalTime.microsecondsPerDay : rest
    }
}
