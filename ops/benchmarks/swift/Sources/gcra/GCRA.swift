import Limits

/// `gcra [--seconds S]`: how long a check of rate limits takes. Prints nanoseconds, for one bucket and for the four that
/// a call is charged to: `{"one": 12.3, "four": 40.1}`.
@main
struct GCRA {
    /// Keys that call in turns, so that buckets are not always in the nearest cache.
    private static let keys = 1_024
    private static let checksBetweenLooks = 100_000

    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 1 || arguments.count == 3 && arguments[1] == "--seconds",
            let seconds = arguments.count == 3 ? Double(arguments[2]) : 3
        else { return print("usage: gcra [--seconds S]") }
        let one = nanoseconds(buckets: 1, seconds: seconds / 2)
        let four = nanoseconds(buckets: 4, seconds: seconds / 2)
        print("{\"one\": \(one), \"four\": \(four)}")
    }

    /// One check, on average. The clock advances by a microsecond a check and the limit is one unit a millisecond for
    /// each key: about every check is admitted, as in the gateway.
    private static func nanoseconds(buckets: Int, seconds: Double) -> Double {
        let key = RateLimit(ratePerSecond: 1_000, burst: 1_000)
        let shared = RateLimit(ratePerSecond: 10_000_000, burst: 10_000_000)
        var charges = (0..<Self.keys).map { number in
            (0..<buckets).map { index in
                BucketTable.Charge(
                    BucketName(.key, high: UInt64(index), low: index == 0 ? UInt64(number) : 0),
                    index == 0 ? key : shared)
            }
        }
        var table = BucketTable()
        var admitted = 0
        var checks = 0
        var now: Int64 = 0
        let clock = ContinuousClock()
        let begin = clock.now
        var elapsed = Duration.zero
        repeat {
            for _ in 0..<Self.checksBetweenLooks {
                now += 1_000
                checks += 1
                if table.spend(1, of: &charges[checks & (Self.keys - 1)], at: now) == .admitted { admitted += 1 }
            }
            elapsed = clock.now - begin
        } while elapsed < .seconds(seconds)
        precondition(admitted > checks / 2, "the checks are of buckets that admit")
        return elapsed / .nanoseconds(1) / Double(checks)
    }
}
