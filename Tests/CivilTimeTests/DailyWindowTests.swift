import CivilTime
import JSON
import Testing

extension DailyWindow {
    init?(_ start: String, _ end: String) {
        guard let start = TimeOfDay(start), let end = TimeOfDay(end) else { return nil }
        self.init(from: start, to: end)
    }
}

@Suite("Daily windows")
struct DailyWindowTests {
    private static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

    @Test(
        "Quiet hours have their first minute, not their last, and know when they end",
        arguments: [
            // Over midnight.
            ("21:00", "08:00", "2026-01-01T19:59:59.999999Z", nil),
            ("21:00", "08:00", "2026-01-01T20:00:00Z", "2026-01-02T07:00:00Z"),
            ("21:00", "08:00", "2026-01-02T06:59:59.999999Z", "2026-01-02T07:00:00Z"),
            ("21:00", "08:00", "2026-01-02T07:00:00Z", nil),
            // Within a day, and to midnight.
            ("12:00", "13:30", "2026-01-01T11:15:00Z", "2026-01-01T12:30:00Z"),
            ("12:00", "13:30", "2026-01-01T12:30:00Z", nil),
            ("22:00", "00:00", "2026-01-01T22:15:00Z", "2026-01-01T23:00:00Z"),
            // Nights in which clocks change have an hour less, or more.
            ("21:00", "08:00", "2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),
            ("21:00", "08:00", "2026-10-24T19:00:00Z", "2026-10-25T07:00:00Z"),
            // The end lies in the gap: the window ends with the change.
            ("21:00", "02:30", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"),
            ("02:00", "03:00", "2026-03-29T00:59:59Z", nil), ("02:00", "03:00", "2026-03-29T01:00:00Z", nil),
            // The end comes twice: the window ends, and is there once more.
            ("21:00", "02:30", "2026-10-25T00:15:00Z", "2026-10-25T00:30:00Z"),
            ("21:00", "02:30", "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"),
            // It would have ended, but clocks are set back into it first.
            ("02:30", "03:30", "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z"),
            ("01:00", "03:00", "2026-10-25T00:45:00Z", "2026-10-25T02:00:00Z"),
        ] as [(String, String, String, String?)])
    func berlin(_ start: String, _ end: String, _ moment: String, _ outside: String?) throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        let window = try #require(DailyWindow(start, end))
        let moment = try #require(Timestamp(moment))
        #expect(window.contains(moment, in: zone) == (outside != nil))
        #expect(window.complement.contains(moment, in: zone) == (outside == nil))
        let expected = try outside.map { try #require(Timestamp($0)) } ?? moment
        #expect(window.firstMomentOutside(onOrAfter: moment, in: zone) == expected)
    }

    @Test("The complement's end is the window's next beginning")
    func beginning() throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        let window = try #require(DailyWindow("21:00", "08:00"))
        let noon = try #require(Timestamp("2026-07-01T10:00:00Z"))
        let begins = window.complement.firstMomentOutside(onOrAfter: noon, in: zone)
        #expect(begins == Timestamp("2026-07-01T19:00:00Z"))
    }

    @Test("A window of no length, which might be all day, is refused")
    func empty() {
        #expect(DailyWindow("08:00", "08:00") == nil)
        #expect(DailyWindow("08:00", "08:01") != nil)
    }
}
