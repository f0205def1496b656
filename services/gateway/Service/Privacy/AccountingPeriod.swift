import CivilTime
import JSON

/// The time that an accounting of disclosures is for: the six years before the day on which it is asked for, and that day
/// up to the moment (45 CFR 164.528(a)(1)).
struct AccountingPeriod: Sendable, Equatable {
    static let years = 6

    /// The beginning of the same day six years earlier, in the brand's zone.
    let since: Timestamp
    /// The moment of the request; exclusive.
    let until: Timestamp

    /// - Parameter requestedAt: when the person asked.
    /// - Returns: nil for a day outside of the years 0 to 9999.
    init?(requestedAt: Timestamp, zone: TimeZoneRules) {
        guard let day = zone.localTime(at: requestedAt)?.date.adding(months: -12 * Self.years) else { return nil }
        since = zone.startOfDay(day)
        until = requestedAt
    }
}
