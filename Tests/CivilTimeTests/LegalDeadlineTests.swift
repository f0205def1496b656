import CivilTime
import JSON
import Testing

@Suite("Legal deadlines")
struct LegalDeadlineTests {
    private static let german: [Holidays.Rule] = [
        .yearly(month: 1, day: 1), .easter(days: -2), .easter(days: 1), .yearly(month: 5, day: 1), .easter(days: 39),
        .easter(days: 50), .yearly(month: 10, day: 3), .yearly(month: 12, day: 25), .yearly(month: 12, day: 26),
    ]

    private func deadline(_ regime: DeadlineRegime, _ receivedAt: String) throws -> LegalDeadline {
        try LegalDeadline(
            receivedAt: try #require(Timestamp(receivedAt)), regime: regime,
            zone: try TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"),
            calendar: BusinessCalendar(holidays: try Holidays(Self.german)))
    }

    @Test(
        "GDPR: one month of the calendar, or three, to the end of a working day",
        arguments: [
            // The day of receipt is the same whether early or late; at midnight it is the next.
            ("2026-03-04T23:00:00Z", "2026-04-07T22:00:00Z", "2026-06-05T22:00:00Z"),
            ("2026-03-05T22:59:59Z", "2026-04-07T22:00:00Z", "2026-06-05T22:00:00Z"),
            ("2026-03-05T23:00:00Z", "2026-04-07T22:00:00Z", "2026-06-08T22:00:00Z"),
            // 31 January: the last of February is a Saturday; three months of it are 30 April.
            ("2026-01-31T12:00:00Z", "2026-03-02T23:00:00Z", "2026-04-30T22:00:00Z"),
            ("2028-01-31T12:00:00Z", "2028-02-29T23:00:00Z", "2028-05-02T22:00:00Z"),
            // 25 December is a Friday, and the next working day Monday the 28th; clocks change in between the others.
            ("2026-11-25T12:00:00Z", "2026-12-28T23:00:00Z", "2027-02-25T23:00:00Z"),
            ("2026-09-30T12:00:00Z", "2026-10-30T23:00:00Z", "2026-12-30T23:00:00Z"),
            // Ascension, a Thursday.
            ("2026-04-14T12:00:00Z", "2026-05-15T22:00:00Z", "2026-07-14T22:00:00Z"),
        ])
    func gdpr(_ receivedAt: String, _ dueAt: String, _ extendedDueAt: String) throws {
        let deadline = try deadline(.gdpr, receivedAt)
        #expect(deadline.acknowledgeBy == nil)
        #expect(deadline.dueAt.description == dueAt)
        #expect(deadline.noticeBy == deadline.dueAt)
        #expect(deadline.extendedDueAt?.description == extendedDueAt)
    }

    @Test("Days are named as people name them")
    func days() throws {
        let deadline = try deadline(.gdpr, "2026-01-31T12:00:00Z")
        #expect(deadline.receivedOn.description == "2026-01-31")
        #expect(deadline.dueOn.description == "2026-03-02")
        #expect(deadline.extendedDueOn?.description == "2026-04-30")
    }

    @Test("California: receipt confirmed in ten business days, an answer in 45 calendar days, or 90")
    func ccpa() throws {
        // Friday; ten business days without Christmas Day and New Year's Day, which are Fridays too.
        let deadline = try deadline(.ccpa, "2026-12-18T12:00:00Z")
        #expect(deadline.acknowledgeBy?.description == "2027-01-05T23:00:00Z")
        #expect(deadline.dueOn.description == "2027-02-01")
        #expect(deadline.dueAt.description == "2027-02-01T23:00:00Z")
        #expect(deadline.extendedDueOn?.description == "2027-03-18")
        #expect(deadline.noticeBy == deadline.dueAt)
        // A Saturday stays: 45 calendar days behind 2026-11-04.
        #expect(try self.deadline(.ccpa, "2026-11-04T12:00:00Z").dueOn.description == "2026-12-19")
    }

    @Test("California: an opt-out takes effect within fifteen business days, without extension")
    func optOut() throws {
        let deadline = try deadline(.ccpaOptOut, "2026-11-02T12:00:00Z")
        #expect(deadline.dueOn.description == "2026-11-23")
        #expect(deadline.noticeBy == nil && deadline.extendedDueAt == nil && deadline.extendedDueOn == nil)
    }

    @Test("HIPAA: 30 and 30 days for access, 60 and 30 for amendment and the accounting of disclosures")
    func hipaa() throws {
        let access = try deadline(.hipaaAccess, "2026-11-20T12:00:00Z")
        #expect(access.dueOn.description == "2026-12-20")
        #expect(access.extendedDueOn?.description == "2027-01-19")
        for regime in [DeadlineRegime.hipaaAmendment, .hipaaAccounting] {
            let other = try deadline(regime, "2026-11-20T12:00:00Z")
            #expect(other.dueOn.description == "2027-01-19")
            #expect(other.extendedDueOn?.description == "2027-02-18")
            #expect(other.noticeBy == other.dueAt)
        }
    }

    @Test("A brand may allow less: five business days, ten with an extension, receipt confirmed in one")
    func own() throws {
        let regime = try DeadlineRegime(
            acknowledgement: .init(1, .businessDays), answer: .init(5, .businessDays),
            extendedAnswer: .init(10, .businessDays))
        let deadline = try deadline(regime, "2026-11-20T12:00:00Z")
        #expect(deadline.acknowledgeBy?.description == "2026-11-23T23:00:00Z")
        #expect(deadline.dueOn.description == "2026-11-27")
        #expect(deadline.extendedDueOn?.description == "2026-12-04")
        let rolled = try DeadlineRegime(answer: .init(14, .calendarDays), endsOnWorkingDay: true)
        #expect(try self.deadline(rolled, "2026-11-21T12:00:00Z").dueOn.description == "2026-12-07")
    }

    @Test("Periods have limits, and an extension adds to its own unit")
    func refusals() throws {
        typealias Period = DeadlineRegime.Period
        _ = try (Period(1, .months), Period(Period.maximumMonths, .months), Period(Period.maximumDays, .businessDays))
        #expect(throws: CalendarFailure.self) { try Period(0, .months) }
        #expect(throws: CalendarFailure.self) { try Period(Period.maximumMonths + 1, .months) }
        #expect(throws: CalendarFailure.self) { try Period(Period.maximumDays + 1, .calendarDays) }
        #expect(throws: CalendarFailure.self) {
            try DeadlineRegime(answer: .init(30, .calendarDays), extendedAnswer: .init(30, .calendarDays))
        }
        #expect(throws: CalendarFailure.self) {
            try DeadlineRegime(answer: .init(30, .calendarDays), extendedAnswer: .init(2, .months))
        }
    }

    @Test("A request at the end of time has no deadline, which is said")
    func edges() throws {
        #expect(throws: CalendarFailure.self) { try deadline(.gdpr, "9999-12-01T00:00:00Z") }
        #expect(throws: CalendarFailure.self) { try deadline(.gdpr, "9999-12-31T23:59:59Z") }
    }

    @Test("Later receipt never means an earlier deadline")
    func monotone() throws {
        for regime in [DeadlineRegime.gdpr, .ccpa, .ccpaOptOut, .hipaaAccess] {
            var last: LegalDeadline?
            for hour in 0..<2_000 {
                let received = Timestamp(microseconds: 1_767_000_000_000_000 + Int64(hour) * 6 * 3_600_000_000)
                let next = try deadline(regime, received.description)
                if let last { #expect(next.dueAt >= last.dueAt && next.receivedOn >= last.receivedOn) }
                last = next
            }
        }
    }
}
