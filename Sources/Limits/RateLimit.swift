/// How much may be spent at once, and how fast it comes back.
public struct RateLimit: Sendable, Equatable {
    /// What ``ratePerSecond`` and ``burst`` may be.
    public static let range: ClosedRange<Int64> = 1...10_000_000

    /// Units a second.
    public let ratePerSecond: Int64
    /// Units at once.
    public let burst: Int64
    /// What one unit takes to come back, in nanoseconds; rounded up, so that rounding never admits a unit more.
    public let nanosecondsPerUnit: Int64
    /// What a whole burst takes to come back, in nanoseconds.
    public let tolerance: Int64

    /// Values outside of ``range`` become its nearest bound.
    public init(ratePerSecond: Int64, burst: Int64) {
        self.ratePerSecond = ratePerSecond.clamped(to: Self.range)
        self.burst = burst.clamped(to: Self.range)
        nanosecondsPerUnit = (1_000_000_000 + self.ratePerSecond - 1) / self.ratePerSecond
        tolerance = self.burst * nanosecondsPerUnit
    }
}

extension Int64 {
    func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
