import JSON
import Testing

@testable import GatewayService

@Suite struct RateLimiterTests {
    private let bucket = UUIDv7(milliseconds: 1, sequence: 0, random: 1)
    private let second: Int64 = 1_000_000_000

    @Test("A full bucket gives its burst at once, and then its rate")
    func burstThenRate() {
        var limiter = RateLimiter()
        let limit = RateLimiter.Limit(ratePerSecond: 10, burst: 5)
        for _ in 0..<5 { #expect(limiter.spend(1, from: bucket, limit, at: 0) == .admitted) }
        #expect(limiter.spend(1, from: bucket, limit, at: 0) == .refused(retryAfterNanoseconds: second / 10))
        #expect(limiter.spend(1, from: bucket, limit, at: second / 10 - 1) == .refused(retryAfterNanoseconds: 1))
        #expect(limiter.spend(1, from: bucket, limit, at: second / 10) == .admitted)
    }

    @Test("What costs more than the burst is never admitted, and spends nothing")
    func tooCostly() {
        var limiter = RateLimiter()
        let limit = RateLimiter.Limit(ratePerSecond: 10, burst: 5)
        #expect(limiter.spend(6, from: bucket, limit, at: 0) == .tooCostly)
        #expect(limiter.spend(5, from: bucket, limit, at: 0) == .admitted)
    }

    @Test("A refusal spends nothing: the time it names is right")
    func retryAfter() {
        var limiter = RateLimiter()
        let limit = RateLimiter.Limit(ratePerSecond: 3, burst: 10)
        #expect(limiter.spend(10, from: bucket, limit, at: 0) == .admitted)
        guard case .refused(let wait) = limiter.spend(4, from: bucket, limit, at: 0) else {
            Issue.record("admitted")
            return
        }
        #expect(limiter.spend(4, from: bucket, limit, at: wait - 1) != .admitted)
        #expect(limiter.spend(4, from: bucket, limit, at: wait) == .admitted)
    }

    @Test("No window of any length admits more than burst + rate × length, against a list of all admissions")
    func windows() {
        var random = SplitMix(state: 42)
        for _ in 0..<200 {
            let limit = RateLimiter.Limit(
                ratePerSecond: Int64(random.next() % 1_000) + 1, burst: Int64(random.next() % 50) + 1)
            var limiter = RateLimiter()
            var now: Int64 = 0
            var admitted: [(at: Int64, cost: Int64)] = []
            for _ in 0..<300 {
                now += Int64(random.next() % UInt64(3 * limit.nanosecondsPerUnit))
                let cost = Int64(random.next() % 4) + 1
                if limiter.spend(cost, from: bucket, limit, at: now) == .admitted { admitted.append((now, cost)) }
            }
            for start in admitted.indices {
                var spent: Int64 = 0
                for end in start..<admitted.count {
                    spent += admitted[end].cost
                    let window = admitted[end].at - admitted[start].at
                    #expect(spent * limit.nanosecondsPerUnit <= limit.burst * limit.nanosecondsPerUnit + window)
                }
            }
        }
    }

    @Test("Keys do not share a bucket, and buckets that are full again are forgotten")
    func buckets() {
        var limiter = RateLimiter()
        let limit = RateLimiter.Limit(ratePerSecond: 1_000, burst: 1)
        for number in 0..<UInt64(RateLimiter.maximumBuckets) {
            let id = UUIDv7(milliseconds: 2, sequence: 0, random: number)
            #expect(limiter.spend(1, from: id, limit, at: 0) == .admitted)
        }
        #expect(limiter.bucketCount == RateLimiter.maximumBuckets)
        #expect(limiter.spend(1, from: bucket, limit, at: second) == .admitted)
        #expect(limiter.bucketCount == 1)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), for tests that must be the same every time.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
