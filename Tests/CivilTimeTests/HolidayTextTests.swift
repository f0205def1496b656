import CivilTime
import JSON
import Testing

@Suite struct HolidayTextTests {
    @Test(
        "A rule is written and read in one way",
        arguments: [
            "2026-05-29", "12-25", "02-29", "07-04/nearest", "12-26/monday", "01-01/sunday", "easter-2", "easter+39",
            "easter+0", "orthodoxEaster+1", "orthodoxEaster-2", "monday/1/09", "monday/-1/05", "thursday/4/11",
        ])
    func roundTrip(_ text: String) {
        #expect(Holidays.Rule(text)?.description == text)
    }

    @Test(
        "What no day can follow, and what can be read in two ways, is no rule",
        arguments: [
            "", "x", "2026-02-29", "02-30", "13-01", "00-10", "12-00", "1-1", "012-25", "12-25/", "12-25/friday",
            "12-25/nearest/x", "easter", "easter2", "easter-81", "easter+251", "easter--2", "Easter-2", "funday/1/09",
            "monday/0/09", "monday/6/09", "monday/+1/09", "monday/1/9", "monday/1/13", "monday/1", "12-25 ", " 12-25",
        ])
    func refused(_ text: String) {
        #expect(Holidays.Rule(text) == nil)
    }

    @Test("Rules that were read hold the days that they name")
    func days() throws {
        let holidays = try Holidays(["12-25", "easter-2", "monday/-1/05"].compactMap { Holidays.Rule($0) })
        #expect(holidays.dates(in: 2026).map(\.description) == ["2026-04-03", "2026-05-25", "2026-12-25"])
    }
}
