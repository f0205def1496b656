import CivilTime
import JSON
import Testing

@Suite("Clocks on the wall")
struct LocalTimeTests {
    private static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
    /// Midnight comes twice: from 01:00 clocks go back to 00:00. In spring 00:00 is left out.
    private static let havana = "CST5CDT,M3.2.0/0,M11.1.0/1"
    /// The rule of St. John's until 2011: back at 00:01, to 23:01 of the day before.
    private static let stJohns = "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"
    /// The rule of Brazil until 2018: back at 00:00, to 23:00 of the day before.
    private static let saoPaulo = "<-03>3<-02>,M10.3.0/0,M2.3.0/0"

    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
    private func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    private func local(_ text: String) throws -> LocalTime {
        let parts = text.split(separator: " ").map(String.init)
        return LocalTime(date: try date(parts[0]), time: try #require(TimeOfDay(parts[1])))
    }

    @Test("A moment is shown as date and time of the place")
    func shown() throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        let shown = try #require(zone.localTime(at: try moment("2026-06-30T22:30:00.000001Z")))
        #expect(shown.date.description == "2026-07-01")
        #expect(shown.microsecondOfDay == 1_800_000_001)
        #expect(zone.localTime(at: .last) == nil)
        #expect(TimeZoneRules.utc.localTime(at: .last)?.microsecondOfDay == 86_399_999_999)
    }

    @Test("A time of day exists once, comes twice, or is left out")
    func answers() throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        #expect(zone.moments(at: try local("2026-03-29 01:59")) == .once(try moment("2026-03-29T00:59:00Z")))
        #expect(
            zone.moments(at: try local("2026-03-29 02:00"))
                == .skipped(at: try moment("2026-03-29T01:00:00Z"), shifted: try moment("2026-03-29T01:00:00Z")))
        #expect(
            zone.moments(at: try local("2026-03-29 02:30"))
                == .skipped(at: try moment("2026-03-29T01:00:00Z"), shifted: try moment("2026-03-29T01:30:00Z")))
        #expect(zone.moments(at: try local("2026-03-29 03:00")) == .once(try moment("2026-03-29T01:00:00Z")))
        #expect(zone.moments(at: try local("2026-10-25 01:59")) == .once(try moment("2026-10-24T23:59:00Z")))
        #expect(
            zone.moments(at: try local("2026-10-25 02:30"))
                == .twice(earlier: try moment("2026-10-25T00:30:00Z"), later: try moment("2026-10-25T01:30:00Z")))
        #expect(zone.moments(at: try local("2026-10-25 03:00")) == .once(try moment("2026-10-25T02:00:00Z")))
    }

    @Test("Of two moments the earlier is taken, and 02:30 in a gap becomes 03:30")
    func rule() throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        #expect(zone.moment(of: try local("2026-10-25 02:30")) == (try moment("2026-10-25T00:30:00Z")))
        let shifted = zone.moment(of: try local("2026-03-29 02:30"))
        #expect(zone.localTime(at: shifted) == (try local("2026-03-29 03:30")))
    }

    @Test("There and back: every moment's local time has that moment among its answers")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 5_545)
        for rule in [Self.berlin, Self.havana, Self.stJohns, Self.saoPaulo, "EST5EDT,0/0,J365/25"] {
            let zone = try TimeZoneRules(posix: rule)
            for _ in 0..<2_000 {
                let moment = Timestamp(microseconds: Int64(generator.below(4_000_000_000)) * 1_000_000)
                let local = try #require(zone.localTime(at: moment))
                switch zone.moments(at: local) {
                case .once(let other): #expect(other == moment)
                case .twice(let earlier, let later):
                    #expect((earlier == moment) != (later == moment))
                    #expect(zone.localTime(at: earlier) == local && zone.localTime(at: later) == local)
                case .skipped: Issue.record("\(local) is shown at \(moment)")
                }
            }
        }
    }

    @Test(
        "A day begins and ends where the calendar turns",
        arguments: [
            (berlin, "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (berlin, "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // Midnight is left out: the day begins at 01:00.
            (havana, "2026-03-07", "2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z"),
            (havana, "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
            // Midnight comes twice: the day before has ended with the first.
            (havana, "2026-10-31", "2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"),
            (havana, "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            // The evening's last hour comes again before midnight is shown, or a minute behind it.
            (saoPaulo, "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"),
            (stJohns, "2026-10-31", "2026-10-31T02:30:00Z", "2026-11-01T03:30:00Z"),
            (stJohns, "2026-11-01", "2026-11-01T02:30:00Z", "2026-11-02T03:30:00Z"),
        ])
    func days(_ rule: String, _ day: String, _ start: String, _ end: String) throws {
        let zone = try TimeZoneRules(posix: rule)
        #expect(zone.startOfDay(try date(day)) == (try moment(start)))
        #expect(zone.endOfDay(try date(day)) == (try moment(end)))
    }

    @Test("A day that a place left out begins and ends with the next one's beginning")
    func leftOut() throws {
        // Samoa, 2011: from UTC−10 to UTC+14 at the end of 29 December.
        let samoa = TZifFixture(
            transitions: [1_325_239_200], kinds: [1], types: [(-36_000, 1, 0), (50_400, 1, 4)],
            names: Array("-10\0+14\0".utf8), footer: "")
        let zone = try TimeZoneRules(parsing: samoa.bytes)
        let change = try moment("2011-12-30T10:00:00Z")
        #expect(zone.endOfDay(try date("2011-12-29")) == change)
        #expect(zone.startOfDay(try date("2011-12-30")) == change)
        #expect(zone.endOfDay(try date("2011-12-30")) == change)
        #expect(zone.startOfDay(try date("2011-12-31")) == change)
        #expect(
            zone.moments(at: try local("2011-12-30 12:00"))
                == .skipped(at: change, shifted: try moment("2011-12-30T22:00:00Z")))
    }

    @Test("The last and first days that there are have their ends too")
    func edges() throws {
        let zone = try TimeZoneRules(posix: Self.berlin)
        #expect(zone.endOfDay(try date("9999-12-31")).microseconds == Timestamp.last.microseconds + 1 - 3_600_000_000)
        #expect(zone.startOfDay(try date("0000-01-01")).microseconds == Timestamp.first.microseconds - 3_600_000_000)
    }

    @Test("A time of day is read from two and two digits")
    func timeOfDay() {
        #expect(TimeOfDay("21:05")?.minutes == 1_265)
        #expect(TimeOfDay("00:00")?.description == "00:00")
        #expect(TimeOfDay("23:59")?.description == "23:59")
        for text in ["", "24:00", "12:60", "9:00", "09:0", "09.00", "0900", "+9:00", "09:00 ", "٠٩:٠٠"] {
            #expect(TimeOfDay(text) == nil)
        }
    }

    @Test("A local time has a microsecond that a day has")
    func microsecondOfDay() throws {
        let day = try date("2026-01-31")
        #expect(LocalTime(date: day, microsecondOfDay: -1) == nil)
        #expect(LocalTime(date: day, microsecondOfDay: 86_400_000_000) == nil)
        let (first, last) = (
            try #require(LocalTime(date: day, microsecondOfDay: 0)),
            try #require(LocalTime(date: day, microsecondOfDay: 86_399_999_999))
        )
        #expect(first < last)
    }
}
