/// How long a law, or a brand itself, allows for a request of a person about their data.
///
/// Each static regime names its source. They state the text of the law; where it leaves a doubt the comment says which
/// reading is taken. All periods, the extended one too, are counted from the day on which the request was received,
/// which is not counted itself.
public struct DeadlineRegime: Sendable, Hashable {
    /// A time such as ten business days.
    public struct Period: Sendable, Hashable {
        public enum Unit: Sendable, Hashable {
            case calendarDays, businessDays, months
        }

        public let count: Int
        public let unit: Unit

        /// About ten years.
        public static let maximumDays = 3_660
        public static let maximumMonths = 120

        /// - Parameter count: from 1 to `maximumDays` or, of months, `maximumMonths`.
        /// - Throws: for any other count.
        public init(_ count: Int, _ unit: Unit) throws(CalendarFailure) {
            let maximum = unit == .months ? Self.maximumMonths : Self.maximumDays
            guard 1...maximum ~= count else {
                throw CalendarFailure(description: "a period is 1 to \(maximum) \(unit == .months ? "months" : "days")")
            }
            self.init(count: count, unit: unit)
        }

        private init(count: Int, unit: Unit) { (self.count, self.unit) = (count, unit) }

        fileprivate static func calendarDays(_ count: Int) -> Period { Period(count: count, unit: .calendarDays) }
        fileprivate static func businessDays(_ count: Int) -> Period { Period(count: count, unit: .businessDays) }
        fileprivate static func months(_ count: Int) -> Period { Period(count: count, unit: .months) }
    }

    /// Until when receipt is confirmed; nil if it need not be.
    public let acknowledgement: Period?
    /// Until when the request is answered.
    public let answer: Period
    /// Until when it is answered if the time is extended: the whole, not what is added. Nil if it cannot be.
    public let extendedAnswer: Period?
    /// Whether a period of calendar days or months which ends on a day that is no working day goes on to the next that
    /// is.
    public let endsOnWorkingDay: Bool

    /// A regime of a brand's own.
    /// - Parameters:
    ///   - extendedAnswer: in the unit of `answer`, and longer.
    ///   - endsOnWorkingDay: whether a period that ends on a weekend or holiday ends with the next working day instead.
    /// - Throws: if the extended period is not longer, or of another unit.
    public init(
        acknowledgement: Period? = nil, answer: Period, extendedAnswer: Period? = nil, endsOnWorkingDay: Bool = false
    ) throws(CalendarFailure) {
        if let extendedAnswer {
            guard extendedAnswer.unit == answer.unit, extendedAnswer.count > answer.count else {
                throw CalendarFailure(
                    description: "the extended period has the unit of the first one and is longer, as it includes it")
            }
        }
        self.init(
            acknowledgement: acknowledgement, stated: answer, extended: extendedAnswer,
            endsOnWorkingDay: endsOnWorkingDay)
    }

    private init(acknowledgement: Period? = nil, stated: Period, extended: Period?, endsOnWorkingDay: Bool = false) {
        self.acknowledgement = acknowledgement
        answer = stated
        extendedAnswer = extended
        self.endsOnWorkingDay = endsOnWorkingDay
    }

    /// Regulation (EU) 2016/679, Art. 12(3): one month, and two further months for complex or many requests, of which
    /// the person is told, with the reasons, within the first one.
    ///
    /// Months are those of Regulation (EEC, Euratom) No 1182/71: the day of the event is not counted (Art. 3(1)); the
    /// period ends with the last hour of the day with the same date, or of the month's last day where it has none
    /// (Art. 3(2)(c)); if that is a public holiday, Sunday or Saturday, with that of the next working day (Art. 3(4)).
    /// The extension makes one period of three months ("that period may be extended"), so that what the first month
    /// was cut or prolonged by does not carry over: received on 31 January, 30 April. Two working days at least
    /// (Art. 3(5)) lie in every month unless a brand's holidays fill it.
    public static let gdpr = DeadlineRegime(stated: .months(1), extended: .months(3), endsOnWorkingDay: true)

    /// California, requests to delete, correct or know: Cal. Code Regs. tit. 11, § 7021. (a): receipt is confirmed
    /// within 10 business days; (b): an answer within 45 calendar days after receipt, whatever verification takes; at
    /// most 90 in total with notice and an explanation, given within the first 45 (Cal. Civ. Code
    /// § 1798.130(a)(2)(A)).
    ///
    /// The day of receipt is not counted (Cal. Gov. Code § 6800). That section would prolong a period that ends on a
    /// holiday; this one does not, as whoever answers by its end is in time by either reading. What a business day is
    /// the regulation does not say: the brand's calendar does.
    public static let ccpa = DeadlineRegime(
        acknowledgement: .businessDays(10), stated: .calendarDays(45), extended: .calendarDays(90))

    /// California, requests to opt out of sale and sharing, or to limit the use of sensitive information: as soon as
    /// feasible, at the latest 15 business days from receipt, without extension. Cal. Code Regs. tit. 11, § 7026(f)
    /// and § 7027(g).
    public static let ccpaOptOut = DeadlineRegime(stated: .businessDays(15), extended: nil)

    /// Access to one's health information: 45 CFR § 164.524(b)(2): 30 days after receipt, once extended by no more
    /// than 30 with a written statement of the reasons and the date, given within the first 30. The rule says days and
    /// nothing of weekends: calendar days, which do not wait for a working day.
    public static let hipaaAccess = DeadlineRegime(stated: .calendarDays(30), extended: .calendarDays(60))

    /// Amendment of one's health information: 45 CFR § 164.526(b)(2): 60 days after receipt, once extended by no more
    /// than 30, with a statement as for access.
    public static let hipaaAmendment = DeadlineRegime(stated: .calendarDays(60), extended: .calendarDays(90))

    /// Accounting of disclosures of health information: 45 CFR § 164.528(c)(1): 60 days after receipt, once extended
    /// by no more than 30, with a statement as for access.
    public static let hipaaAccounting = DeadlineRegime(stated: .calendarDays(60), extended: .calendarDays(90))
}
