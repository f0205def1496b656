/// Which fifth of many values a value is in: 5 is the fifth of the largest.
///
/// The score of a value is 1 and the number of fifths of all values that are wholly below it: 1 + ⌊5 · below / n⌋, where
/// `below` of the n values are less. So equal values have equal scores, whatever the order in which they come, and
/// where many are equal, which is usual for numbers of purchases, some scores are nobody's. Quintiles of recency,
/// frequency and monetary value come from Hughes, "Strategic Database Marketing" (1994); he splits those who are equal
/// as they happen to be sorted.
public struct Quintiles<Value: Comparable & Sendable>: Sendable {
    /// A value's score is 1 and the number of these that are less; empty without values.
    private let bounds: [Value]

    public init(of values: [Value]) {
        let sorted = values.sorted()
        // With ⌈k · n / 5⌉ values below, k fifths are; so many are where the last of them is less.
        bounds = sorted.isEmpty ? [] : (1...4).map { sorted[($0 * sorted.count + 4) / 5 - 1] }
    }

    /// From 1 to 5.
    public func score(_ value: Value) -> Int {
        var score = 1
        for bound in bounds where bound < value { score += 1 }
        return score
    }
}

/// What customers are compared by: collected one by one, in any order and in parts, and then compared.
public struct CustomerValues: Sendable {
    private var lastDays: [Int] = []
    private var days: [Int] = []
    private var values: [Int128] = []

    public init() {}

    public var count: Int { lastDays.count }

    /// Adds a customer; who bought nothing is none.
    public mutating func add(_ purchases: PurchaseSummary) {
        guard let lastDay = purchases.lastDay else { return }
        lastDays.append(lastDay)
        days.append(purchases.days)
        values.append(purchases.value)
    }

    /// Adds those of another part.
    public mutating func add(_ other: CustomerValues) {
        lastDays += other.lastDays
        days += other.days
        values += other.values
    }

    public func quintiles() -> CustomerQuintiles {
        CustomerQuintiles(
            recency: Quintiles(of: lastDays), frequency: Quintiles(of: days), monetary: Quintiles(of: values))
    }
}

/// How customers compare with each other.
public struct CustomerQuintiles: Sendable {
    fileprivate let recency: Quintiles<Int>
    fileprivate let frequency: Quintiles<Int>
    fileprivate let monetary: Quintiles<Int128>

    /// The later the last purchase, the more days with one, and the higher the value, the higher the scores.
    public struct Scores: Sendable, Equatable {
        public let recency: Int
        public let frequency: Int
        public let monetary: Int

        public init(recency: Int, frequency: Int, monetary: Int) {
            self.recency = recency
            self.frequency = frequency
            self.monetary = monetary
        }
    }

    /// Nil for somebody who bought nothing.
    public func scores(of purchases: PurchaseSummary) -> Scores? {
        guard let lastDay = purchases.lastDay else { return nil }
        return Scores(
            recency: recency.score(lastDay), frequency: frequency.score(purchases.days),
            monetary: monetary.score(purchases.value))
    }
}
