import Configuration
import Limits
import ServiceContract

/// The limits beside those that a key states. A key's own limit is for its holder to know; these protect everybody
/// else, so their defaults lie beyond what one machine answers.
///
/// Rates are units a second, and each burst is one second of its rate. Keys: `GYRE_…`.
struct LimitsConfiguration: Sendable, Equatable {
    /// `GYRE_BRAND_RATE`: all keys of one brand together. Default 500,000.
    var brand = RateLimit(ratePerSecond: 500_000, burst: 500_000)
    /// `GYRE_READ_RATE`: all calls that read. Default 500,000.
    var read = RateLimit(ratePerSecond: 500_000, burst: 500_000)
    /// `GYRE_WRITE_RATE`: all calls that write. Default 1,000,000, for batches are charged by their items.
    var write = RateLimit(ratePerSecond: 1_000_000, burst: 1_000_000)
    /// `GYRE_FLOW_RATE`: all calls of several steps. Default 20,000.
    var flow = RateLimit(ratePerSecond: 20_000, burst: 20_000)
    /// `GYRE_PROCESS_RATE`: all calls. Default 1,000,000.
    var process = RateLimit(ratePerSecond: 1_000_000, burst: 1_000_000)
    /// `GYRE_ADDRESS_RATE`: calls of one address, or of one user of this machine, without a key that is known to be
    /// good. Default 10,000.
    var address = RateLimit(ratePerSecond: 10_000, burst: 10_000)
    /// `GYRE_CLIENT_ADDRESS_RATE`: requests of one address with client keys, which everybody may have. Default 200.
    var clientAddress = RateLimit(ratePerSecond: 200, burst: 200)
    /// `GYRE_BRAND_DAILY_QUOTA`: units of one brand in a UTC day; 0: no such quota. Default 0.
    var brandDailyQuota: Int64 = 0
    /// `GYRE_BRAND_MONTHLY_QUOTA`: units of one brand in a calendar month; 0: no such quota. Default 0.
    var brandMonthlyQuota: Int64 = 0
    /// `GYRE_CONNECTIONS_PER_ADDRESS`: connections of one address, or of one user of this machine. Default 256.
    var connectionsPerAddress = 256

    init() {}

    init(reader: ConfigReader) {
        func limit(_ key: ConfigKey, _ byDefault: RateLimit) -> RateLimit {
            let rate = Int64(reader.int(forKey: key, default: Int(byDefault.ratePerSecond)))
            return RateLimit(ratePerSecond: rate, burst: rate)
        }
        brand = limit("gyre.brand.rate", brand)
        read = limit("gyre.read.rate", read)
        write = limit("gyre.write.rate", write)
        flow = limit("gyre.flow.rate", flow)
        process = limit("gyre.process.rate", process)
        address = limit("gyre.address.rate", address)
        clientAddress = limit("gyre.client.address.rate", clientAddress)
        brandDailyQuota = Int64(max(0, reader.int(forKey: "gyre.brand.daily.quota", default: 0)))
        brandMonthlyQuota = Int64(max(0, reader.int(forKey: "gyre.brand.monthly.quota", default: 0)))
        connectionsPerAddress = max(1, reader.int(forKey: "gyre.connections.per.address", default: 256))
    }

    func limit(of kind: MethodDescription.Kind) -> RateLimit {
        switch kind {
        case .read: read
        case .write: write
        case .flow: flow
        }
    }
}

extension MethodDescription.Kind {
    static let all: [Self] = [.read, .write, .flow]

    var number: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .flow: 2
        }
    }

    /// As a policy of the limits is called.
    var policy: String { ["read", "write", "flow"][number] }
}
