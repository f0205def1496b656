import JSON
import JSONRPC

/// The generic cell rate algorithm (GCRA; ITU-T I.371, annex A, virtual scheduling) in integer nanoseconds.
///
/// Each bucket is one number, the theoretical arrival time: in any window of T seconds it admits at most
/// `burst + rate × T` units. A bucket whose time has passed is full again and can be forgotten.
struct RateLimiter {
    struct Limit: Equatable {
        /// Units a second; 1 to 1,000,000.
        let ratePerSecond: Int64
        /// Units at once; 1 to 1,000,000.
        let burst: Int64

        var nanosecondsPerUnit: Int64 { 1_000_000_000 / ratePerSecond }
    }

    enum Decision: Equatable {
        case admitted
        /// The same request would be admitted after so many nanoseconds.
        case refused(retryAfterNanoseconds: Int64)
        /// The request costs more than the bucket can ever hold.
        case tooCostly
    }

    /// Buckets kept; when there are more, those that are full again are dropped.
    static let maximumBuckets = 100_000

    private var arrivals: [UUIDv7: Int64] = [:]

    var bucketCount: Int { arrivals.count }

    /// Spends `cost` units of the bucket `id`, or nothing.
    ///
    /// - Parameter now: of a clock that never goes back, in nanoseconds.
    mutating func spend(_ cost: Int64, from id: UUIDv7, _ limit: Limit, at now: Int64) -> Decision {
        guard cost <= limit.burst else { return .tooCostly }
        let unit = limit.nanosecondsPerUnit
        let arrival = max(arrivals[id] ?? now, now) + cost * unit
        let excess = arrival - now - limit.burst * unit
        guard excess <= 0 else { return .refused(retryAfterNanoseconds: excess) }
        if arrivals.count >= Self.maximumBuckets && arrivals[id] == nil {
            arrivals = arrivals.filter { $0.value > now }
        }
        arrivals[id] = arrival
        return .admitted
    }
}

extension RPCError {
    /// The key has spent what it may spend.
    static func rateLimited(_ limit: RateLimiter.Limit, retryAfterNanoseconds: Int64) -> RPCError {
        let milliseconds = (retryAfterNanoseconds + 999_999) / 1_000_000
        var data = JSONWriter(capacity: 96)
        data.beginObject()
        data.key("retryAfterMilliseconds")
        data.int(milliseconds)
        data.key("ratePerSecond")
        data.int(limit.ratePerSecond)
        data.key("burst")
        data.int(limit.burst)
        data.endObject()
        return RPCError(
            code: Code.rateLimited,
            message: "This key may spend \(limit.ratePerSecond) units a second; try again in \(milliseconds) ms.",
            data: try? JSONRaw(validating: data.bytes()))
    }

    /// The request can never be admitted in one piece.
    static func tooCostly(_ cost: Int64, _ limit: RateLimiter.Limit) -> RPCError {
        RPCError(
            code: Code.rateLimited,
            message: "This request costs \(cost) units and the key's bucket holds \(limit.burst): send smaller batches."
        )
    }
}
