import CivilTime
import JSON
import Testing

@Suite("Calendar arithmetic")
struct CalendarArithmeticTests {
    private func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    @Test(
        "A month later is the same day, or the month's last",
        arguments: [
            ("2026-01-31", 1, "2026-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2026-01-28", 1, "2026-02-28"),
            ("2026-02-28", 1, "2026-03-28"), ("2026-08-31", 1, "2026-09-30"), ("2026-12-31", 1, "2027-01-31"),
            ("2026-01-31", 3, "2026-04-30"), ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"),
            ("2026-03-31", -1, "2026-02-28"), ("2026-01-15", -1, "2025-12-15"), ("2026-05-31", 0, "2026-05-31"),
            ("1900-01-31", 1, "1900-02-28"), ("2000-01-31", 1, "2000-02-29"), ("0000-01-31", 1, "0000-02-29"),
            ("9999-11-30", 1, "9999-12-30"), ("9999-12-01", 1, nil), ("0000-01-01", -1, nil),
            ("2026-01-01", .max, nil), ("2026-01-01", .min, nil),
        ] as [(String, Int, String?)])
    func months(_ day: String, _ months: Int, _ expected: String?) throws {
        #expect(try date(day).adding(months: months)?.description == expected)
    }

    @Test("Days are added and counted, within the years that there are")
    func days() throws {
        #expect(try date("2024-02-28").adding(days: 2) == date("2024-03-01"))
        #expect(try date("2024-02-28").days(until: date("2025-02-28")) == 366)
        #expect(try date("2025-02-28").days(until: date("2024-02-28")) == -366)
        #expect(try date("9999-12-31").adding(days: 1) == nil)
        #expect(try date("0000-01-01").adding(days: -1) == nil)
        #expect(try date("2026-01-01").adding(days: .max) == nil)
        #expect(try date("1960-01-01").adding(days: .min) == nil)
    }

    @Test("Weekdays go on without a break through all ten thousand years")
    func weekdays() throws {
        #expect(try date("1970-01-01").weekday == .thursday)
        #expect(try date("2026-11-21").weekday == .saturday)
        var day = try date("0000-01-01")
        #expect(day.weekday == .saturday)
        var (expected, count) = (Weekday.saturday.rawValue, 1)
        while let next = day.adding(days: 1) {
            expected = expected % 7 + 1
            if next.weekday.rawValue != expected { Issue.record("\(next) is no \(next.weekday)") }
            (day, count) = (next, count + 1)
        }
        #expect(count == 3_652_425)
        #expect(day.weekday == .friday)
    }

    @Test(
        "A week belongs to the year of its Thursday",
        arguments: [
            ("2026-01-01", 2026, 1), ("2025-12-29", 2026, 1), ("2025-12-28", 2025, 52), ("2021-01-03", 2020, 53),
            ("2020-12-31", 2020, 53), ("2024-12-30", 2025, 1), ("2023-01-01", 2022, 52), ("0000-01-01", -1, 52),
            ("9999-12-31", 9999, 52),
        ])
    func weeks(_ day: String, _ year: Int, _ week: Int) throws {
        let iso = try date(day).isoWeek
        #expect(iso.year == year && iso.week == week)
    }

    @Test("A date knows its place in month and year")
    func places() throws {
        #expect(try date("2024-12-31").dayOfYear == 366)
        #expect(try date("2023-03-01").dayOfYear == 60)
        #expect(try date("2024-02-01").daysInMonth == 29)
        #expect(try date("1900-02-01").daysInMonth == 28)
    }
}
