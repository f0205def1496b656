/// Which buckets go to which variant of an experiment: a set of ranges for each, none in two.
///
/// A variant's share is the number of its buckets, in ten-thousandths of all units; what the shares leave of 10,000 is
/// in no variant. An allocation is made once, by ``init(_:version:)`` or ``init(weights:coverage:)``, and from then on
/// only edited, by ``edited(to:)`` and ``ramped(to:)``, so that no unit moves without need.
public struct Allocation: Sendable, Hashable {
    /// The most variants of an experiment.
    public static let maximumArms = 100

    /// A variant and how much of all units it is to have.
    public struct Share: Sendable, Hashable {
        /// The variant's key, which is unique in its experiment.
        public let variant: String
        /// In ten-thousandths of all units, 0 to 10,000.
        public let tenThousandths: Int

        /// Bounds are checked where an allocation is made of it.
        public init(_ variant: String, _ tenThousandths: Int) {
            self.variant = variant
            self.tenThousandths = tenThousandths
        }
    }

    /// A variant and its buckets.
    public struct Arm: Sendable, Hashable {
        /// The variant's key, which is unique in its experiment.
        public let variant: String
        /// Those of its units.
        public let buckets: BucketSet

        /// Whether two arms share a bucket is checked where an allocation is made of them.
        public init(_ variant: String, _ buckets: BucketSet) {
            self.variant = variant
            self.buckets = buckets
        }
    }

    /// In the order in which they were given; no bucket is in two.
    public let arms: [Arm]
    /// How units get their buckets. Of version 1 all ranges begin and end at multiples of 10.
    public let version: HashVersion

    /// The shares, in the order of the arms.
    public var shares: [Share] { arms.map { Share($0.variant, $0.buckets.count) } }

    /// The buckets of all arms: the coverage, in ten-thousandths.
    public var total: Int { arms.reduce(0) { $0 + $1.buckets.count } }

    /// The buckets of no arm.
    var free: BucketSet { BucketSet(arms.flatMap(\.buckets.ranges)).complement }

    /// The index of the arm that has `bucket`; nil if none has.
    public func arm(of bucket: Int) -> Int? { arms.firstIndex { $0.buckets.contains(bucket) } }

    /// Arms with buckets that are known, as they were stored.
    ///
    /// - Throws: ``AssignmentError`` at "/2", the arm at fault: its name is empty or twice there, its buckets belong to
    ///   another one or lie between the steps of version 1, or there are too many arms or none.
    public init(arms: [Arm], version: HashVersion = .v2) throws(AssignmentError) {
        try Allocation.check(names: arms.map(\.variant))
        var taken = BucketSet()
        for (index, arm) in arms.enumerated() {
            let common = arm.buckets.intersection(taken)
            guard common.isEmpty else {
                throw AssignmentError(
                    pointer: "/\(index)",
                    message: "has buckets \(common) that another variant has as well; give each bucket to one")
            }
            taken = taken.union(arm.buckets)
            guard arm.buckets.ranges.allSatisfy({ $0.lower % version.step == 0 && $0.upper % version.step == 0 }) else {
                throw AssignmentError(
                    pointer: "/\(index)",
                    message:
                        "has buckets \(arm.buckets); of hash version 1 ranges must begin and end at multiples of 10")
            }
        }
        self.init(known: arms, version: version)
    }

    init(known arms: [Arm], version: HashVersion) {
        self.arms = arms
        self.version = version
    }

    static func check(names: [String]) throws(AssignmentError) {
        guard 1...maximumArms ~= names.count else {
            throw AssignmentError(pointer: "", message: "must have 1 to \(maximumArms) variants, not \(names.count)")
        }
        var seen: Set<ExactText> = []
        for (index, name) in names.enumerated() {
            guard !name.isEmpty else {
                throw AssignmentError(pointer: "/\(index)", message: "has an empty name; give the variant a key")
            }
            guard seen.insert(ExactText(name)).inserted else {
                throw AssignmentError(
                    pointer: "/\(index)", message: "is a second variant '\(name)'; give each variant its own key")
            }
        }
    }

    static func check(_ shares: [Share], version: HashVersion) throws(AssignmentError) {
        try check(names: shares.map(\.variant))
        for (index, share) in shares.enumerated() {
            let amount = share.tenThousandths
            guard 0...BucketSet.width ~= amount else {
                throw AssignmentError(
                    pointer: "/\(index)", message: "must be a share of 0 to 10000 ten-thousandths, not \(amount)")
            }
            guard amount % version.step == 0 else {
                throw AssignmentError(
                    pointer: "/\(index)",
                    message: "must be a multiple of \(version.step) ten-thousandths, not \(amount): hash version "
                        + "\(version.rawValue) knows \(version.bucketCount) buckets")
            }
        }
        let sum = shares.reduce(0) { $0 + $1.tenThousandths }
        guard sum <= BucketSet.width else {
            throw AssignmentError(
                pointer: "",
                message:
                    "must have shares of at most 10000 ten-thousandths in all, not \(sum); take away \(sum - 10_000)")
        }
    }
}
