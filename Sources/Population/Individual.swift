public import JSON

/// A made-up person: what anybody may know of them, and the truth that nobody sees.
public struct Individual: Sendable, Equatable {
    public enum Plan: String, Sendable, CaseIterable { case basic, silver, gold }

    /// Counted from 1; the row of all their random numbers.
    public let number: Int
    /// No two people of one prefix share one, nor an address or a telephone number.
    public let userID: String
    /// At example.net, which is nobody's (RFC 2606).
    public let email: String?
    /// One of the numbers 555-0100 to 555-0199 of an area, which belong to nobody.
    public let phone: String?

    /// Names the household, for all its members the same.
    public let householdID: String
    public let householdSize: Int
    public let firstName: String
    public let lastName: String
    /// In years, at the population's beginning: 16 to 85.
    public let age: Int
    public let town: HomeTown
    public let plan: Plan
    /// Whether they agreed to marketing when they joined.
    public let consents: Bool
    /// When they made their first purchase.
    public let joinedAt: Timestamp

    public let habits: Habits
    /// What they are readier to do than others like them, in log-odds.
    public let responsiveness: Double

    /// What nobody sees.
    public struct Habits: Sendable, Equatable {
        /// How often they buy as long as they do, after the first time.
        public let purchasesPerWeek: Double
        /// The chance that any purchase after the first is the last.
        public let dropout: Double
        /// Lines of a basket behind its first, on average.
        public let extraLines: Double
    }
}

/// A number with zeros before it.
func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
}
