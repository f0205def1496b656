import JSON
import Limits
import ServiceContract

/// What the calls of one key are charged to: the key, its brand, the class of the method, the process; and quotas.
///
/// Confined to the event loop. Remembers where its buckets are.
final class Allowance {
    /// The names of policies, in the order of the charges.
    static let policies = ["burst", "brand", "class", "process"]

    /// By ``ServiceContract/MethodDescription/Kind/number``.
    var charges: [[BucketTable.Charge]]
    let quotas: [QuotaTable.Charge]

    init(key: UUIDv7, brand: UUIDv7, _ limit: RateLimit, _ configuration: LimitsConfiguration) {
        charges = MethodDescription.Kind.all.map { kind in
            [
                BucketTable.Charge(BucketName(.key, high: key.high, low: key.low), limit),
                BucketTable.Charge(BucketName(.brand, high: brand.high, low: brand.low), configuration.brand),
                BucketTable.Charge(
                    BucketName(.methodClass, low: UInt64(kind.number)), configuration.limit(of: kind)),
                BucketTable.Charge(BucketName(.process), configuration.process),
            ]
        }
        let name = BucketName(.brand, high: brand.high, low: brand.low)
        var quotas: [QuotaTable.Charge] = []
        if configuration.brandDailyQuota > 0 {
            quotas.append(.init(name, .day, units: configuration.brandDailyQuota))
        }
        if configuration.brandMonthlyQuota > 0 {
            quotas.append(.init(name, .month, units: configuration.brandMonthlyQuota))
        }
        self.quotas = quotas
    }
}
