import Randomness

/// When somebody buys again, in weeks of the shop's clock behind their first purchase, until they stop for good.
struct RepeatPurchases: Sequence, IteratorProtocol {
    /// Nobody buys more often; who would stops there.
    static let maximum = 10_000

    private let habits: Individual.Habits
    private var random: RandomRow
    private var weeks = 0.0
    private var count = 0
    /// Whether the last one that was given out was the last one there is.
    private(set) var hasStopped: Bool

    init(_ habits: Individual.Habits, of number: Int, seed: UInt64) {
        self.habits = habits
        random = RandomRow(seed: seed, stream: Streams.purchases, row: UInt64(number))
        // So seldom a purchase that there is none.
        hasStopped = habits.purchasesPerWeek < 1e-12
    }

    mutating func next() -> Double? {
        guard !hasStopped else { return nil }
        weeks += random.exponential(rate: habits.purchasesPerWeek)
        count += 1
        hasStopped = random.bernoulli(habits.dropout) || count == Self.maximum
        return weeks
    }
}
