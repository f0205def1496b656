import JSON
import JSONRPC
import Limits
import ServiceContract
import TenancyAPI

/// What the calls of one key are charged to: the key, its brand, the class of the method, the process; and quotas.
///
/// Confined to the event loop. Remembers where its buckets are.
final class Allowance {
    /// The names of policies, in the order of the charges.
    static let policies = ["burst", "brand", "class", "process"]

    /// By ``ServiceContract/MethodDescription/Kind/number``.
    var charges: [[BucketTable.Charge]]
    /// What was last told to a call beyond the key's own rate. Within a millisecond it holds for the next one too, and
    /// a client that does not listen sends hundreds.
    var lastRefusal: (kind: MethodDescription.Kind, milliseconds: Int64, error: RPCError, standing: Standing)?
    /// What `RateLimit-Policy` says of the charges.
    let policyTexts: [[String]]
    let quotas: [QuotaTable.Charge]

    /// - Parameters:
    ///   - bucket: what the key's rate and quotas are counted in; keys that replaced each other share one.
    ///   - dailyQuota: units a day, in UTC; nil: no limit.
    ///   - monthlyQuota: units a month, in UTC; nil: no limit.
    init(
        bucket: UUIDv7, brand: UUIDv7, _ limit: RateLimit, dailyQuota: Int? = nil, monthlyQuota: Int? = nil,
        _ configuration: LimitsConfiguration
    ) {
        let own = BucketName(.key, high: bucket.high, low: bucket.low)
        let brand = BucketName(.brand, high: brand.high, low: brand.low)
        charges = MethodDescription.Kind.all.map { kind in
            [
                BucketTable.Charge(own, limit),
                BucketTable.Charge(brand, configuration.brand),
                BucketTable.Charge(
                    BucketName(.methodClass, low: UInt64(kind.number)), configuration.limit(of: kind)),
                BucketTable.Charge(BucketName(.process), configuration.process),
            ]
        }
        policyTexts = zip(charges, MethodDescription.Kind.all).map { charges, kind in
            charges.enumerated().map { index, charge in
                Standing.text(
                    of: Standing.policy(of: index, kind), quantity: charge.limit.burst,
                    window: Standing.seconds(charge.limit.tolerance))
            }
        }
        let quotas: [(BucketName, CalendarPeriod, Int64)] = [
            (own, .day, Int64(dailyQuota ?? 0)), (own, .month, Int64(monthlyQuota ?? 0)),
            (brand, .day, configuration.brandDailyQuota), (brand, .month, configuration.brandMonthlyQuota),
        ]
        self.quotas = quotas.filter { $0.2 > 0 }.map { QuotaTable.Charge($0.0, $0.1, units: $0.2) }
    }

    convenience init(of key: Key, _ configuration: LimitsConfiguration) {
        self.init(
            bucket: key.bucketId, brand: key.brandId,
            RateLimit(ratePerSecond: Int64(key.ratePerSecond), burst: Int64(key.burst)),
            dailyQuota: key.dailyQuota, monthlyQuota: key.monthlyQuota, configuration)
    }
}
