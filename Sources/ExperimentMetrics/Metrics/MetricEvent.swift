/// What one event brings to one metric.
public struct MetricEvent: Sendable, Equatable {
    /// The largest magnitude of a value: so large that nothing real is larger, so small that sums of squares stay finite.
    public static let largestValue = 1e60
    /// The times that are taken: within 30,000 years of 1970.
    static let times = -(Int64(1) << 60)...(Int64(1) << 60)

    /// When it happened, in microseconds since 1970 UTC.
    public let time: Int64
    /// What is summed; the numerator of a ratio. Proportions, counts and retention do not look at it.
    public let value: Double
    /// Of a ratio; others do not look at it.
    public let denominator: Double

    /// nil for a time or a value out of range.
    public init?(time: Int64, value: Double = 1, denominator: Double = 1) {
        guard Self.times.contains(time), abs(value) <= Self.largestValue, abs(denominator) <= Self.largestValue else {
            return nil
        }
        self.time = time
        self.value = value
        self.denominator = denominator
    }
}

/// Days of UTC, counted from 1970-01-01, which is 0.
enum Day {
    static let microseconds: Int64 = 86_400_000_000

    static func number(of time: Int64) -> Int {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: microseconds)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }
}
