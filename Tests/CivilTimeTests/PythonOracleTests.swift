import CivilTime
import JSON
import PythonOracle
import Testing

/// `Tests/Oracles/civil_oracle.py` reckons with Python's zoneinfo, datetime and calendar; the kernel must agree.
@Suite("Python's zoneinfo and calendar as an oracle")
struct PythonOracleTests {
    private static let oracle = PythonOracle("civil_oracle.py")

    /// Whether there are a Python with zoneinfo, and zones.
    private static let isThere = PythonOracle.succeeds(
        "import os, zoneinfo as z; assert any(os.path.isfile(p + '/Europe/Berlin') for p in z.TZPATH)")

    private static let holidays: [String: [Holidays.Rule]] = [
        "de": [
            .yearly(month: 1, day: 1), .easter(days: -2), .easter(days: 1), .yearly(month: 5, day: 1),
            .easter(days: 39), .easter(days: 50), .yearly(month: 10, day: 3), .yearly(month: 12, day: 25),
            .yearly(month: 12, day: 26),
        ],
        "gr": [
            .yearly(month: 1, day: 1), .yearly(month: 1, day: 6), .orthodoxEaster(days: -48),
            .yearly(month: 3, day: 25), .orthodoxEaster(days: -2), .orthodoxEaster(days: 1), .yearly(month: 5, day: 1),
            .orthodoxEaster(days: 50), .yearly(month: 8, day: 15), .yearly(month: 10, day: 28),
            .yearly(month: 12, day: 25), .yearly(month: 12, day: 26),
        ],
        "us": [
            .yearly(month: 1, day: 1, observed: .nearestWeekday), .weekday(.monday, ordinal: 3, month: 1),
            .weekday(.monday, ordinal: 3, month: 2), .weekday(.monday, ordinal: -1, month: 5),
            .yearly(month: 6, day: 19, observed: .nearestWeekday),
            .yearly(month: 7, day: 4, observed: .nearestWeekday), .weekday(.monday, ordinal: 1, month: 9),
            .weekday(.monday, ordinal: 2, month: 10), .yearly(month: 11, day: 11, observed: .nearestWeekday),
            .weekday(.thursday, ordinal: 4, month: 11), .yearly(month: 12, day: 25, observed: .nearestWeekday),
        ],
    ]

    private static let regimes: [String: DeadlineRegime] = [
        "gdpr": .gdpr, "ccpa": .ccpa, "optout": .ccpaOptOut, "access": .hipaaAccess, "accounting": .hipaaAccounting,
    ]

    @Test(
        "Two hundred zones from 1900 to 2100, dates, Easters, holidays, windows and deadlines come out the same",
        .enabled(if: isThere, "needs python3 with zoneinfo, and /usr/share/zoneinfo"))
    func sameAnswers() throws {
        let holidays = try Self.holidays.mapValues { try Holidays($0) }
        var zones: [String: TimeZoneRules] = [:]
        var zone = TimeZoneRules.utc
        var counts: [String: Int] = [:]
        var wrong = 0
        for fields in try Self.oracle.cases() {
            counts[fields[0], default: 0] += 1
            var answer: [String]?
            switch fields[0] {
            case "z":
                zone = try TimeZoneRules(parsing: bytes(fields[2]))
                zones[fields[1]] = zone
                continue
            case "H": answer = holidays[fields[1]].map { days($0, fields) }
            case "L":
                let calendar = BusinessCalendar(holidays: holidays[fields[2]] ?? .none)
                answer = try deadline(fields, zones[fields[1]] ?? .utc, calendar)
            case "o", "l", "e", "q": answer = inZone(fields, zone)
            default: answer = ofDates(fields)
            }
            guard answer != Array(fields.suffix(answer?.count ?? 0)) || answer == nil else { continue }
            wrong += 1
            if wrong <= 20 { Issue.record("\(answer as Any) instead of \(fields)") }
        }
        #expect(wrong == 0)
        #expect(counts["z", default: 0] >= 200)
        #expect(counts["o", default: 0] >= 50_000)
        #expect(counts["l", default: 0] >= 20_000)
        #expect(counts["E"] == 301)
    }

    /// The last fields of a line about the zone.
    private func inZone(_ fields: [String], _ zone: TimeZoneRules) -> [String]? {
        switch fields[0] {
        case "o":
            guard let moment = moment(fields[1]) else { return nil }
            let offset = zone.offset(at: moment)
            return ["\(offset.seconds)", offset.abbreviation]
        case "l":
            guard let date = CalendarDate(fields[1]), let second = Int64(fields[2]),
                let local = LocalTime(date: date, microsecondOfDay: second * 1_000_000)
            else { return nil }
            switch zone.moments(at: local) {
            case .once(let moment): return ["once", seconds(moment)]
            case .twice(let earlier, let later): return ["twice", seconds(earlier), seconds(later)]
            case .skipped(_, let shifted): return ["skipped", seconds(shifted)]
            }
        case "e":
            guard let date = CalendarDate(fields[1]) else { return nil }
            return [seconds(zone.startOfDay(date)), seconds(zone.endOfDay(date))]
        default:
            guard let window = DailyWindow(fields[1], fields[2]), let moment = moment(fields[3]) else { return nil }
            let outside = window.firstMomentOutside(onOrAfter: moment, in: zone)
            return [window.contains(moment, in: zone) ? "1" : "0", seconds(outside)]
        }
    }

    /// The last fields of a line about dates.
    private func ofDates(_ fields: [String]) -> [String]? {
        switch fields[0] {
        case "m":
            guard let date = CalendarDate(fields[1]), let months = Int(fields[2]),
                let sum = date.adding(months: months)
            else { return nil }
            return [sum.description, "\(date.days(until: sum))"]
        case "w":
            guard let date = CalendarDate(fields[1]) else { return nil }
            return ["\(date.weekday.rawValue)", "\(date.isoWeek.year)", "\(date.isoWeek.week)"]
        case "E":
            guard let year = Int(fields[1]), let western = CalendarDate.easterSunday(in: year),
                let orthodox = CalendarDate.orthodoxEasterSunday(in: year)
            else { return nil }
            return [western.description, orthodox.description]
        default: return nil
        }
    }

    private func days(_ holidays: Holidays, _ fields: [String]) -> [String] {
        [holidays.dates(in: Int(fields[2]) ?? -1).map(\.description).joined(separator: ",")]
    }

    private func deadline(
        _ fields: [String], _ zone: TimeZoneRules, _ calendar: BusinessCalendar
    ) throws -> [String] {
        let deadline = try LegalDeadline(
            receivedAt: try #require(moment(fields[4])), regime: try #require(Self.regimes[fields[3]]), zone: zone,
            calendar: calendar)
        return [deadline.acknowledgeBy, deadline.dueAt, deadline.extendedDueAt].map { $0.map(seconds) ?? "-" }
    }

    private func moment(_ seconds: String) -> Timestamp? {
        Int64(seconds).map { Timestamp(microseconds: $0 * 1_000_000) }
    }

    private func seconds(_ moment: Timestamp) -> String { "\(moment.microseconds / 1_000_000)" }
}
