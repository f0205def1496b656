extension Allocation {
    /// The first allocation of an experiment: a range for each variant, with room behind it for a ramp.
    ///
    /// What the shares leave of 10,000 is put behind the ranges in proportion to the shares (largest remainders, the
    /// earlier variant first), so that 500 and 500 begin at 0 and at 5,000 and can both grow tenfold without a unit
    /// that moves. It is GrowthBook's layout, `[cumulated, cumulated + coverage × weight)`, in whole buckets.
    ///
    /// - Parameters:
    ///   - shares: In ten-thousandths of all units, 0 or more each, at most 10,000 in all, of 1 to 100 variants with
    ///     names that differ; multiples of 10 for version 1.
    ///   - version: How units get their buckets.
    /// - Throws: ``AssignmentError`` at "/2", the share at fault, or at "" about all of them.
    public init(_ shares: [Share], version: HashVersion = .v2) throws(AssignmentError) {
        try Allocation.check(shares, version: version)
        let step = version.step
        let total = shares.reduce(0) { $0 + $1.tenThousandths } / step
        let room = BucketSet.width / step - total
        var rooms = shares.map { total == 0 ? 0 : room * ($0.tenThousandths / step) / total }
        let byRemainder = shares.indices.sorted { left, right in
            let (first, second) = (shares[left].tenThousandths / step, shares[right].tenThousandths / step)
            let (a, b) = total == 0 ? (0, 0) : (room * first % total, room * second % total)
            return a != b ? a > b : left < right
        }
        if total > 0 {
            for index in byRemainder.prefix(room - rooms.reduce(0, +)) { rooms[index] += 1 }
        }
        var next = 0
        var arms: [Arm] = []
        for (share, room) in zip(shares, rooms) {
            arms.append(
                Arm(share.variant, BucketSet([BucketRange(known: next, next + share.tenThousandths)])))
            next += share.tenThousandths + room * step
        }
        self.init(known: arms, version: version)
    }

    /// GrowthBook's own ranges for weights and coverage, bucket by bucket: `getBucketRanges` in double arithmetic, with
    /// every rounding error of its running sum. For experiments that began there, or run there as well.
    ///
    /// Of version 1 the buckets that units can have are the multiples of 10, and the ranges are widened or cut to them.
    ///
    /// - Parameters:
    ///   - weights: For each variant its key and its part of the coverage, from 0 to 1; the sum must be from 0.99 to
    ///     1.01, as GrowthBook demands. (GrowthBook takes equal weights silently where it is not.)
    ///   - coverage: The part of all units that is in the experiment, from 0 to 1.
    /// - Throws: ``AssignmentError`` at "/weights/2", "/weights" or "/coverage".
    public init(
        weights: [(variant: String, weight: Double)], coverage: Double = 1, version: HashVersion = .v2
    ) throws(AssignmentError) {
        do throws(AssignmentError) {
            try Allocation.check(names: weights.map(\.variant))
        } catch {
            throw error.prefixed(by: "/weights")
        }
        for (index, weight) in weights.map(\.weight).enumerated() where !(weight >= 0 && weight.isFinite) {
            throw AssignmentError(
                pointer: "/weights/\(index)", message: "must be a weight from 0 to 1, not \(weight)")
        }
        let sum = weights.reduce(0.0) { $0 + $1.weight }
        guard 0.99...1.01 ~= sum else {
            throw AssignmentError(
                pointer: "/weights",
                message:
                    "must add up to 1, not \(sum); divide each by \(sum), and say by the coverage how many take part")
        }
        guard 0...1 ~= coverage else {
            throw AssignmentError(pointer: "/coverage", message: "must be from 0 to 1, not \(coverage)")
        }
        var cumulated = 0.0
        var ranges: [(variant: String, from: Double, to: Double)] = []
        for (variant, weight) in weights {
            ranges.append((variant, cumulated, cumulated + coverage * weight))
            cumulated += weight
        }
        try self.init(ranges: ranges, version: version)
    }

    /// GrowthBook's `ranges`, bucket by bucket.
    ///
    /// - Parameter ranges: For each variant the numbers that are its own, the upper bound excluded. Where ranges overlap,
    ///   the first one has the bucket.
    /// - Throws: ``AssignmentError`` at "/2" for a name that is empty or twice there, or at "" for too many.
    public init(
        ranges: [(variant: String, from: Double, to: Double)], version: HashVersion = .v2
    ) throws(AssignmentError) {
        var taken = BucketSet()
        var arms: [Arm] = []
        for (variant, lower, upper) in ranges {
            let range = BucketRange(from: lower, to: upper).aligned(to: version.step)
            let buckets = BucketSet([range]).subtracting(taken)
            taken = taken.union(buckets)
            arms.append(Arm(variant, buckets))
        }
        try self.init(arms: arms, version: version)
    }

    /// The ranges of all arms in ascending order, as GrowthBook's `ranges` need them: an arm of several ranges is in
    /// the list several times.
    public var slices: [(arm: Int, range: BucketRange)] {
        arms.indices.flatMap { arm in arms[arm].buckets.ranges.map { (arm, $0) } }
            .sorted { $0.range.lower < $1.range.lower }
    }

    /// The probability of each arm over the hash, and of none as the last: what to log as propensities.
    ///
    public var propensities: [Double] {
        (arms.map(\.buckets.count) + [BucketSet.width - total]).map { Double($0) / Double(BucketSet.width) }
    }
}
