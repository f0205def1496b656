public import JSON

/// What a population is made from. The same parameters give the same people, purchases and responses, bit for bit.
///
/// `people` and `until` cut a world that goes on behind them: more of either adds people or purchases and changes none.
/// Every other parameter makes another world, which should have another `prefix`.
public struct PopulationParameters: Sendable, Equatable {
    /// As many people as there are telephone numbers that belong to nobody.
    public static let maximumPeople = 80_000
    /// The longest time between `from` and `until`, in weeks.
    public static let maximumWeeks = 520

    /// Of all random numbers.
    public var seed: UInt64
    /// How ids begin, so that two worlds may live in one brand: a small letter, then small letters, digits and dashes,
    /// 20 at most. By default `p` and the seed.
    public var prefix: String
    /// How many people, 1 to ``maximumPeople``.
    public var people = 1_000
    /// When the first of them come.
    public var from: Timestamp
    /// The end of what is looked at, exclusive.
    public var until: Timestamp
    /// Everybody makes a first purchase within so many weeks from `from`, at least 1; `until` lies behind them. The
    /// default is that of the CDNOW cohort: a quarter.
    public var joiningWeeks = 12
    /// Of every hundred (or whatever the sum is) consecutive households, how many have one member, two members, and so
    /// on: exactly. 2.5 members on average, as in North America and Europe. Sum 1 to 1,000, 12 sizes at most.
    public var householdSizes = [28, 32, 16, 14, 6, 4]
    /// The share of people with an e-mail address: exact, to the nearest person, in every stretch of people that
    /// ``householdSizes`` makes up (250 by default). 0 to 1, as all shares.
    public var emailShare = 0.95
    /// The share of people with a telephone number, in the same sense.
    public var phoneShare = 0.7
    /// The share of people who agree to marketing, in the same sense.
    public var consentShare = 0.6
    /// How often people buy, and when they stop.
    public var purchases = PurchaseLaw()
    /// At which hours of the week people buy, on the clock where they live.
    public var rhythm = WeeklyRhythm.shop
    /// Lines of a basket behind its first, on average, 0 to 5; people differ in it.
    public var extraLines = 0.8
    /// What people do when they are offered something.
    public var responses = ResponseLaw()

    public init(seed: UInt64, from: Timestamp, until: Timestamp) {
        self.seed = seed
        self.from = from
        self.until = until
        prefix = "p\(seed)"
    }

    /// - Throws: the first parameter that cannot be.
    func check() throws(PopulationProblem) {
        let letters = Array(prefix.utf8)
        let isName = letters.allSatisfy { isSmallLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        guard let first = letters.first, isSmallLetter(first), isName, letters.count <= 20 else {
            throw PopulationProblem(
                "prefix", "must be a small letter, then small letters, digits and dashes, 20 characters at most")
        }
        guard 1...Self.maximumPeople ~= people else {
            throw PopulationProblem("people", "must be from 1 to \(Self.maximumPeople)")
        }
        try checkTime()
        guard 1...12 ~= householdSizes.count, householdSizes.allSatisfy({ 0...1_000 ~= $0 }),
            1...1_000 ~= householdSizes.reduce(0, +)
        else { throw PopulationProblem("householdSizes", "must be 1 to 12 counts, none negative, 1 to 1000 in all") }
        for (field, share) in [("emailShare", emailShare), ("phoneShare", phoneShare), ("consentShare", consentShare)] {
            guard 0...1 ~= share else { throw PopulationProblem(field, "must be from 0 to 1") }
        }
        guard 0...5 ~= extraLines else { throw PopulationProblem("extraLines", "must be from 0 to 5") }
        try purchases.check()
        try responses.check()
    }

    private func checkTime() throws(PopulationProblem) {
        guard let begin = from.date, 1971...2200 ~= begin.year else {
            throw PopulationProblem("from", "must lie in the years 1971 to 2200")
        }
        guard 1...Self.maximumWeeks ~= joiningWeeks else {
            throw PopulationProblem("joiningWeeks", "must be from 1 to \(Self.maximumWeeks)")
        }
        // A day more, since clocks may be changed meanwhile.
        let (length, overflow) = until.microseconds.subtractingReportingOverflow(from.microseconds)
        let shortest = (Int64(joiningWeeks) * 7 + 1) * microsecondsPerDay
        guard !overflow, length >= shortest else {
            throw PopulationProblem(
                "until", "must be \(joiningWeeks) weeks and a day after from, or later: so long people go on joining")
        }
        guard length <= Int64(Self.maximumWeeks) * 7 * microsecondsPerDay else {
            throw PopulationProblem("until", "must be at most \(Self.maximumWeeks) weeks after from")
        }
    }
}

let microsecondsPerDay: Int64 = 86_400_000_000

private func isSmallLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }
private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
