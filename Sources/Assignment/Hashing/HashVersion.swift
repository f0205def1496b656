/// How a unit's text becomes its bucket: GrowthBook's published hashes, bit for bit, pinned per experiment.
///
/// The reference is GrowthBook's JavaScript SDK (`packages/sdk-js/src/util.ts`, `hash`): FNV-1a over UTF-16 code units.
/// SDKs that hash the bytes of UTF-8 give other buckets for texts beyond ASCII; the Python SDK did before its 4.0.
public enum HashVersion: Int, Sendable, CaseIterable {
    /// `fnv(value + seed) mod 1000`: 1,000 steps, and biased where seeds resemble one another. For what was begun with it.
    case v1 = 1
    /// `fnv(decimal digits of fnv(seed + value)) mod 10000`: 10,000 steps.
    case v2 = 2

    /// Ten-thousandths between two buckets that units can have: 10 for version 1, 1 for version 2.
    public var step: Int { self == .v1 ? 10 : 1 }

    /// How many buckets units can have: 1,000 or 10,000.
    public var bucketCount: Int { BucketSet.width / step }

    /// The bucket of `value`, 0 to 9,999; of version 1 a multiple of 10. Divided by 10,000 it is GrowthBook's number.
    ///
    /// Any texts will do, also empty and very long ones; the time is proportional to their length.
    public func bucket(seed: String, value: String) -> Int {
        SeededHash(version: self, seed: seed).bucket(of: value)
    }
}

/// A hash whose seed is already taken in.
struct SeededHash: Sendable {
    let version: HashVersion
    let seed: String
    private let seeded: FNV1a

    init(version: HashVersion, seed: String) {
        self.version = version
        self.seed = seed
        var seeded = FNV1a()
        if version == .v2 { seeded.add(seed) }
        self.seeded = seeded
    }

    func bucket(of value: String) -> Int {
        var hash = seeded
        hash.add(value)
        switch version {
        case .v1:
            hash.add(seed)
            return Int(hash.state % 1_000) * 10
        case .v2:
            var again = FNV1a()
            again.add(digitsOf: hash.state)
            return Int(again.state % 10_000)
        }
    }
}
