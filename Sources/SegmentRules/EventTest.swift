public import JSON

/// How often somebody did something, and with how much revenue. Without either: at least once.
public struct EventTest: Sendable {
    public let event: String
    public let times: [(Comparison, Int)]
    /// In ``currency``.
    public let revenue: [(Comparison, Amount)]
    /// In which revenue is summed; nil where it is not asked for.
    public let currency: Currency?
    /// Only what happened in the last so many times 24 hours; nil: ever.
    public let withinDays: Int?

    /// Whether it holds.
    ///
    /// - Parameters:
    ///   - count: how often they did it.
    ///   - sum: the revenue of that, in ten-thousandths of ``currency``.
    public func holds(count: Int, sum: Int128) -> Bool {
        if times.isEmpty, revenue.isEmpty { return count > 0 }
        return times.allSatisfy { $0.holds(count, $1) }
            && revenue.allSatisfy { $0.holds(sum, Int128($1.tenThousandths)) }
    }
}
