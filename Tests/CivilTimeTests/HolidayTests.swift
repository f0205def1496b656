import CivilTime
import JSON
import Testing

@Suite("Holidays and working days")
struct HolidayTests {
    private func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    @Test(
        "Easter is where the churches keep it",
        arguments: [
            (1818, "1818-03-22", "1818-04-26"), (1943, "1943-04-25", "1943-04-25"), (1954, "1954-04-18", "1954-04-25"),
            (1981, "1981-04-19", "1981-04-26"), (2000, "2000-04-23", "2000-04-30"), (2024, "2024-03-31", "2024-05-05"),
            (2025, "2025-04-20", "2025-04-20"), (2026, "2026-04-05", "2026-04-12"), (2285, "2285-03-22", "2285-04-26"),
        ])
    func easter(_ year: Int, _ western: String, _ orthodox: String) {
        #expect(CalendarDate.easterSunday(in: year)?.description == western)
        #expect(CalendarDate.orthodoxEasterSunday(in: year)?.description == orthodox)
    }

    @Test("Easter is a Sunday from 22 March to 25 April in every year, and in no year beyond them")
    func easterRange() throws {
        for year in 0...9_999 {
            let day = try #require(CalendarDate.easterSunday(in: year))
            let isInRange = (day.month == 3 && day.day >= 22) || (day.month == 4 && day.day <= 25)
            if day.weekday != .sunday || !isInRange || day.year != year { Issue.record("\(day)") }
            let orthodox = CalendarDate.orthodoxEasterSunday(in: year)
            if let orthodox, orthodox.weekday != .sunday { Issue.record("\(orthodox)") }
        }
        #expect(CalendarDate.easterSunday(in: -1) == nil && CalendarDate.easterSunday(in: 10_000) == nil)
        #expect(CalendarDate.orthodoxEasterSunday(in: .max) == nil)
    }

    @Test("Each kind of rule names its days in every year")
    func rules() throws {
        let holidays = try Holidays([
            .date(try date("2026-06-01")), .yearly(month: 10, day: 3), .yearly(month: 2, day: 29), .easter(days: -2),
            .orthodoxEaster(days: 1), .weekday(.thursday, ordinal: 4, month: 11),
            .weekday(.monday, ordinal: -1, month: 5), .weekday(.friday, ordinal: 5, month: 1),
        ])
        #expect(
            holidays.dates(in: 2026).map(\.description) == [
                "2026-01-30", "2026-04-03", "2026-04-13", "2026-05-25", "2026-06-01", "2026-10-03", "2026-11-26",
            ])
        // A leap year in which January has four Fridays.
        #expect(
            holidays.dates(in: 2028).map(\.description) == [
                "2028-02-29", "2028-04-14", "2028-04-17", "2028-05-29", "2028-10-03", "2028-11-23",
            ])
        #expect(holidays.dates(in: 10_000).isEmpty && holidays.dates(in: -1).isEmpty)
        #expect(Holidays.none.dates(in: 2026).isEmpty)
    }

    @Test("A holiday on a weekend is observed beside it, over the turn of a year too")
    func observance() throws {
        func dates(_ observed: Holidays.Observance, _ year: Int) throws -> [String] {
            try Holidays([.yearly(month: 1, day: 1, observed: observed)]).dates(in: year).map(\.description)
        }
        // 2022-01-01 was a Saturday, 2023-01-01 a Sunday.
        #expect(try dates(.none, 2022) == ["2022-01-01"])
        #expect(try dates(.nearestWeekday, 2021) == ["2021-01-01", "2021-12-31"])
        #expect(try dates(.nearestWeekday, 2022) == ["2022-01-01"])
        #expect(try dates(.nearestWeekday, 2023) == ["2023-01-01", "2023-01-02"])
        #expect(try dates(.monday, 2022) == ["2022-01-01", "2022-01-03"])
        #expect(try dates(.mondayAfterSunday, 2022) == ["2022-01-01"])
        #expect(try dates(.mondayAfterSunday, 2023) == ["2023-01-01", "2023-01-02"])
        #expect(try dates(.nearestWeekday, 0) == ["0000-01-01"])
    }

    @Test(
        "A rule that no day can follow is refused",
        arguments: [
            .yearly(month: 2, day: 30), .yearly(month: 13, day: 1), .yearly(month: 1, day: 0), .easter(days: -81),
            .easter(days: 251), .orthodoxEaster(days: 201), .weekday(.monday, ordinal: 0, month: 1),
            .weekday(.monday, ordinal: 6, month: 1), .weekday(.monday, ordinal: -6, month: 1),
            .weekday(.monday, ordinal: .min, month: 1), .weekday(.monday, ordinal: 1, month: 0),
        ] as [Holidays.Rule])
    func refusals(_ rule: Holidays.Rule) {
        #expect(throws: CalendarFailure.self) { try Holidays([rule]) }
    }

    @Test("There may be 500 rules and not one more")
    func maximumRules() throws {
        let rules = [Holidays.Rule](repeating: .easter(days: 250), count: Holidays.maximumRules)
        _ = try Holidays(rules)
        #expect(throws: CalendarFailure.self) { try Holidays(rules + [.easter(days: 0)]) }
    }

    @Test("Working days are counted past weekends and holidays, the first day not among them")
    func workingDays() throws {
        let calendar = BusinessCalendar(
            holidays: try Holidays([.yearly(month: 12, day: 25), .yearly(month: 1, day: 1)]))
        #expect(try calendar.adding(workingDays: 1, to: date("2026-12-24")) == date("2026-12-28"))
        #expect(try calendar.adding(workingDays: 5, to: date("2026-12-24")) == date("2027-01-04"))
        #expect(try calendar.adding(workingDays: 1, to: date("2026-11-21")) == date("2026-11-23"))
        #expect(try calendar.adding(workingDays: 0, to: date("2026-11-21")) == date("2026-11-21"))
        #expect(try calendar.workingDay(onOrAfter: date("2026-12-25")) == date("2026-12-28"))
        #expect(try calendar.workingDay(onOrAfter: date("2026-12-24")) == date("2026-12-24"))
        #expect(try calendar.adding(workingDays: 1, to: date("9999-12-31")) == nil)
    }

    @Test("A weekend may be on other days, but not on all seven")
    func weekends() throws {
        let calendar = try BusinessCalendar(holidays: .none, weekend: [.friday, .saturday])
        #expect(try calendar.adding(workingDays: 1, to: date("2026-11-19")) == date("2026-11-22"))
        #expect(throws: CalendarFailure.self) {
            try BusinessCalendar(holidays: .none, weekend: Set(Weekday.allCases))
        }
    }

    @Test("A closure of 100 days is waited for, one of 101 is not")
    func closures() throws {
        let first = try date("2026-01-01")
        func calendar(_ days: Int) throws -> BusinessCalendar {
            let rules = (0..<days).compactMap { first.adding(days: $0) }.map(Holidays.Rule.date)
            return try BusinessCalendar(holidays: try Holidays(rules), weekend: [])
        }
        #expect(try calendar(100).workingDay(onOrAfter: first) == first.adding(days: 100))
        #expect(try calendar(101).workingDay(onOrAfter: first) == nil)
    }
}
