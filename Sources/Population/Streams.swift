/// What each stream of random numbers decides. A row is a person, unless it says otherwise.
enum Streams {
    /// Row: a stretch of households.
    static let households: UInt32 = 1
    static let emails: UInt32 = 2
    static let phones: UInt32 = 3
    static let consents: UInt32 = 4
    /// Row: a household.
    static let homes: UInt32 = 5
    static let traits: UInt32 = 6
    static let habits: UInt32 = 7
    static let joining: UInt32 = 8
    static let purchases: UInt32 = 9
    /// Row: a person and a purchase of theirs.
    static let baskets: UInt32 = 10
    static let responsiveness: UInt32 = 11
    /// Row: an offer; the number drawn is the seed of all that it brings about.
    static let offers: UInt32 = 12
    /// Of an offer's seed; row: a person and the n-th time that they see it.
    static let responses: UInt32 = 13
    static let responseOrders: UInt32 = 14
    /// Row 0 only.
    static let phoneNumbers: UInt32 = 15

    /// The row of something that a person has many of.
    static func row(_ person: Int, _ number: Int) -> UInt64 { UInt64(person) << 32 | UInt64(number) }
}
