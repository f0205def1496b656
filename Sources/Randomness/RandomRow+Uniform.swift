extension RandomRow {
    /// A number from 0 up to, but not including, 1: a multiple of 2⁻⁵³. Takes one number of 64 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number between 0 and 1, never either: an odd multiple of 2⁻⁵³, so its logarithm and its mirror image
    /// `1 - value` exist exactly. Takes one number of 64 bits.
    public mutating func openUniform() -> Double { Double(next() >> 11 | 1) * 0x1p-53 }

    /// Whether what has this probability came true. Takes one number of 64 bits.
    ///
    /// - Parameters:
    ///   - probability: from 0, never, to 1, always; outside of that, or NaN, is a mistake of the caller's and traps.
    public mutating func bernoulli(_ probability: Double) -> Bool {
        precondition((0...1).contains(probability), "a probability lies from 0 to 1")
        return uniform() < probability
    }

    /// One of `0 ..< count`, each equally likely to the last bit.
    ///
    /// Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019), algorithm 5. Takes one
    /// number of 64 bits, rarely more.
    ///
    /// - Parameters:
    ///   - count: at least 1.
    public mutating func index(below count: Int) -> Int {
        precondition(count > 0, "there is nothing to choose from")
        let count = UInt64(count)
        var product = next().multipliedFullWidth(by: count)
        if product.low < count {
            let unfair = (0 &- count) % count
            while product.low < unfair { product = next().multipliedFullWidth(by: count) }
        }
        return Int(product.high)
    }

    /// One of the indices of `weights`, as likely as its share of their sum. Takes one number of 64 bits.
    ///
    /// - Parameters:
    ///   - weights: finite, none negative, at least one positive. One of weight 0 is never chosen.
    public mutating func choice(weights: [Double]) -> Int {
        precondition(weights.allSatisfy { $0 >= 0 && $0.isFinite }, "a weight is neither negative nor infinite")
        let sum = weights.reduce(0, +)
        precondition(sum > 0 && sum.isFinite, "at least one weight is positive")
        var rest = uniform() * sum
        var last = 0
        for (index, weight) in weights.enumerated() where weight > 0 {
            if rest < weight { return index }
            rest -= weight
            last = index
        }
        return last
    }

    /// The indices `0 ..< count` in an order of which each is equally likely (Fisher and Yates; Durstenfeld 1964).
    ///
    /// - Parameters:
    ///   - count: at least 0.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, index(below: last + 1)) }
        return order
    }
}
