import CivilTime
import JSON
import ServiceKit
import Testing

@testable import GatewayService

@Suite struct AccountingPeriodTests {
    @Test(
        "Six years begin with the same day, in the brand's zone, and end with the moment",
        arguments: [
            ("2026-11-21T18:00:00Z", "UTC", "2020-11-21T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "UTC", "2020-01-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", "UTC", "2018-02-28T00:00:00Z"),
            // Already the next day in Berlin, still the day before in New York.
            ("2026-07-01T22:30:00Z", "Europe/Berlin", "2020-07-01T22:00:00Z"),
            ("2026-07-02T02:30:00Z", "America/New_York", "2020-07-01T04:00:00Z"),
        ])
    func six(requestedAt: String, zone: String, since: String) throws {
        let rules = try TimeZoneRules(parsing: try #require(ZoneFiles().bytes(of: zone)))
        let moment = try #require(Timestamp(requestedAt))
        let period = try #require(AccountingPeriod(requestedAt: moment, zone: rules))
        #expect(period.since == Timestamp(since) && period.until == moment)
    }
}
