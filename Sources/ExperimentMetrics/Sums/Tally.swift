public import Statistics

/// How many, and some sums over them: the one shape that everything here is kept in. It merges, and is taken back.
public struct Tally: Sendable, Equatable {
    public private(set) var count: Int
    public private(set) var sums: [CompensatedSum]

    /// Of nothing.
    public init(sumCount: Int) {
        self.init(count: 0, sums: Array(repeating: CompensatedSum(), count: sumCount))
    }

    public init(count: Int, sums: [CompensatedSum]) {
        self.count = count
        self.sums = sums
    }

    init(_ moments: CrossMoments) { self.init(count: moments.count, sums: moments.sums) }

    /// - Parameter other: with as many sums.
    public mutating func merge(_ other: Self) {
        precondition(sums.count == other.sums.count, "as many sums")
        count += other.count
        for place in sums.indices { sums[place] += other.sums[place] }
    }

    /// Takes back what was merged.
    ///
    /// - Parameter other: with as many sums.
    public mutating func remove(_ other: Self) {
        precondition(sums.count == other.sums.count, "as many sums")
        count -= other.count
        for place in sums.indices { sums[place] += -other.sums[place] }
    }

    /// Whether merging it changes nothing.
    public var isZero: Bool { count == 0 && sums.allSatisfy { $0.high == 0 && $0.low == 0 } }
}
